import COpenSSL

/// The derivations of the setup protocol, by libcrypto. Each throws only when libcrypto itself fails.
package enum KeyDerivation {
  /// PBKDF2-HMAC-SHA256 (RFC 8018 section 5.2).
  package static func pbkdf2(_ password: Secret, salt: [UInt8], iterations: Int, count: Int) throws(SetupFault)
    -> Secret
  {
    guard let rounds = Int32(exactly: iterations), let length = Int32(exactly: count) else { throw .cryptographyFailed }
    var isDone = false
    let key = password.withBytes { password in
      Secret(count: count) { key in
        isDone =
          PKCS5_PBKDF2_HMAC(
            password.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(password.count), salt, Int32(salt.count),
            rounds, EVP_sha256(), length, key.baseAddress?.assumingMemoryBound(to: UInt8.self)) == 1
      }
    }
    guard isDone else { throw .cryptographyFailed }
    return key
  }

  /// HKDF-SHA256 (RFC 5869); an empty salt is the salt of 32 zero bytes that the RFC takes then.
  @inline(never) package static func hkdf(_ secret: Secret, salt: [UInt8], info: [UInt8], count: Int) throws(SetupFault)
    -> Secret
  {
    guard let algorithm = EVP_KDF_fetch(nil, "HKDF", nil) else { throw .cryptographyFailed }
    defer { EVP_KDF_free(algorithm) }
    guard let derivation = EVP_KDF_CTX_new(algorithm) else { throw .cryptographyFailed }
    defer { EVP_KDF_CTX_free(derivation) }
    var isDone = false
    let key = secret.withBytes { secret in
      Secret(count: count) { key in
        isDone =
          replenish_hkdf_sha256(
            derivation, secret.baseAddress, secret.count, salt, salt.count, info, info.count,
            key.baseAddress?.assumingMemoryBound(to: UInt8.self), count) == 1
      }
    }
    guard isDone else { throw .cryptographyFailed }
    return key
  }

  /// HMAC-SHA256 (RFC 2104): 32 bytes.
  @inline(never) package static func hmac(_ key: Secret, _ message: [UInt8]) throws(SetupFault) -> Secret {
    var length: UInt32 = 0
    let code = key.withBytes { key in
      Secret(count: SHA256.length) { code in
        _ = HMAC(
          EVP_sha256(), key.baseAddress, Int32(key.count), message, message.count,
          code.baseAddress?.assumingMemoryBound(to: UInt8.self), &length)
      }
    }
    guard length == SHA256.length else { throw .cryptographyFailed }
    return code
  }

  /// SHA-256 of something secret, as a secret.
  package static func digest(_ secret: Secret) throws(SetupFault) -> Secret {
    var isDone = false
    let digest = secret.withBytes { secret in
      Secret(count: SHA256.length) { digest in
        isDone =
          COpenSSL.SHA256(
            secret.baseAddress?.assumingMemoryBound(to: UInt8.self), secret.count,
            digest.baseAddress?.assumingMemoryBound(to: UInt8.self)) != nil
      }
    }
    guard isDone else { throw .cryptographyFailed }
    return digest
  }
}
