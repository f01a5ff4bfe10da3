// What ReplenishCore and the programs of the factory use of libcrypto. Functions only; a shim stands here where Swift cannot
// import a macro.
#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline void replenish_free(void *memory) { OPENSSL_free(memory); }

// OSSL_PARAM lists are arrays of structs that point at the caller's memory, which Swift's array-to-pointer bridging
// keeps alive only for one call: so the list is made here.
static inline int replenish_hkdf_sha256(
    EVP_KDF_CTX *context, const void *secret, size_t secret_length, const void *salt, size_t salt_length,
    const void *info, size_t info_length, unsigned char *key, size_t key_length) {
  OSSL_PARAM list[5], *next = list;
  *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
  *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_length);
  if (salt_length > 0) *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_length);
  *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_length);
  *next = OSSL_PARAM_construct_end();
  return EVP_KDF_derive(context, key, key_length, list);
}
