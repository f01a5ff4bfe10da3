// What ReplenishCore uses of libcrypto. Functions only; a shim stands here where Swift cannot import a macro.
#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

static inline void *replenish_openssl_malloc(size_t size) { return OPENSSL_malloc(size); }
static inline void replenish_openssl_free(void *memory) { OPENSSL_free(memory); }
