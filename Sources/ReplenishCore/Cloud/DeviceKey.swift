import COpenSSL

/// The private key by which the maker's cloud knows a device: EC on P-256, made on the device, which it never leaves.
public final class DeviceKey {
  private let key: OpaquePointer

  /// Makes a new key; nil if libcrypto has no memory or no randomness for it.
  public init?() {
    defer { ERR_clear_error() }
    guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { return nil }
    defer { EVP_PKEY_CTX_free(context) }
    var made: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
      EVP_PKEY_generate(context, &made) == 1, let made
    else { return nil }
    key = made
  }

  /// Reads a key in PEM; nil if it is none on P-256, or has a pass phrase.
  public init?(pem: Secret) {
    guard let found = PEM.read(pem, { PEM_read_bio_PrivateKey($0, nil, PEM.noPassPhrase, nil) }) else { return nil }
    guard EVP_PKEY_get_bits(found) == 256, EVP_PKEY_get_base_id(found) == EVP_PKEY_EC else {
      EVP_PKEY_free(found)
      return nil
    }
    key = found
  }

  deinit { EVP_PKEY_free(key) }

  /// The key as PKCS #8 in PEM (RFC 5208, RFC 7468), for a file that nobody else may read; nil without memory.
  public func pem() -> Secret? {
    PEM.write { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) == 1 }
  }

  /// Whether a certificate (X.509, RFC 5280) in PEM, the first of several, is for this key.
  package func isKey(of certificate: Secret) -> Bool {
    guard let found = PEM.read(certificate, { PEM_read_bio_X509($0, nil, PEM.noPassPhrase, nil) }) else { return false }
    defer {
      X509_free(found)
      ERR_clear_error()
    }
    return X509_check_private_key(found, key) == 1
  }

  /// A request for a certificate for this key (PKCS #10, RFC 2986) in PEM, signed with it; nil without memory.
  ///
  /// - Parameter serial: the request's common name. The factory goes by its own list, and by the key.
  public func certificateRequest(serial: SerialNumber) -> String? {
    defer { ERR_clear_error() }
    guard let request = X509_REQ_new() else { return nil }
    defer { X509_REQ_free(request) }
    let name = serial.text.bytes
    guard X509_REQ_set_version(request, 0) == 1,
      X509_NAME_add_entry_by_NID(
        X509_REQ_get_subject_name(request), NID_commonName, V_ASN1_UTF8STRING, name, Int32(name.count), -1, 0) == 1,
      X509_REQ_set_pubkey(request, key) == 1, X509_REQ_sign(request, key, EVP_sha256()) > 0,
      let pem = PEM.write({ PEM_write_bio_X509_REQ($0, request) == 1 })
    else { return nil }
    return pem.withBytes { String(decoding: $0, as: UTF8.self) }
  }
}
