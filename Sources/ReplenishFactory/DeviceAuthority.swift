import COpenSSL
import Glibc
import ReplenishCore

/// The maker's certificate authority as the factory uses it: it signs what devices ask for (RFC 5280).
///
/// A certificate ends at no time: a device that lay in a drawer for years must still be let in, and the cloud asks its
/// database on every request whether it trusts a key. The authority itself does end; see ``isShortLived``.
public final class DeviceAuthority {
  private let certificate: OpaquePointer
  private let key: OpaquePointer

  /// Takes a certificate and its key, both in PEM.
  public init(certificate: Secret, key: Secret, certificateFile: String, keyFile: String) throws(CertificateFault) {
    guard let authority = PEM.read(certificate, { PEM_read_bio_X509($0, nil, PEM.noPassPhrase, nil) }) else {
      throw CertificateFault("\(certificateFile) is no certificate in PEM; name that of the maker's authority")
    }
    guard let own = PEM.read(key, { PEM_read_bio_PrivateKey($0, nil, PEM.noPassPhrase, nil) }) else {
      X509_free(authority)
      throw CertificateFault(
        "\(keyFile) is no private key in PEM, or is under a pass phrase; "
          + "then: openssl pkey -in \(keyFile) | replenish-factory --ca-key - …")
    }
    self.certificate = authority
    self.key = own
    defer { ERR_clear_error() }
    guard X509_check_ca(authority) > 0, X509_get_key_usage(authority) & UInt32(KU_KEY_CERT_SIGN) != 0 else {
      throw CertificateFault(
        "\(certificateFile) is not a certificate authority's; its basic constraints or key usage forbid signing")
    }
    guard X509_check_private_key(authority, own) == 1 else {
      throw CertificateFault("\(keyFile) is not the key of \(certificateFile)")
    }
    guard let end = X509_get0_notAfter(authority), X509_cmp_current_time(end) > 0 else {
      throw CertificateFault("\(certificateFile) has expired; what it signs is refused everywhere")
    }
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
  }

  /// Whether the authority ends within twenty years: its devices are then refused while people still use them.
  public var isShortLived: Bool {
    var limit = time(nil) + 20 * 31_557_600
    return X509_get0_notAfter(certificate).map { X509_cmp_time($0, &limit) < 0 } ?? true
  }

  /// Signs a certificate for a device's key, named by its serial number; in PEM.
  public func sign(
    _ request: CertificateRequest, serial: SerialNumber, random: any RandomSource
  ) throws(CertificateFault) -> [UInt8] {
    defer { ERR_clear_error() }
    guard let made = X509_new() else { throw failure(serial) }
    defer { X509_free(made) }
    guard X509_set_version(made, 2) == 1, setNumber(made, random), setTimes(made), setNames(made, serial),
      X509_set_pubkey(made, request.key) == 1, setExtensions(made), sign(made)
    else { throw failure(serial) }
    guard let pem = PEM.write({ PEM_write_bio_X509($0, made) == 1 }) else { throw failure(serial) }
    return pem.withBytes { Array($0) }
  }

  private func failure(_ serial: SerialNumber) -> CertificateFault {
    CertificateFault("no certificate could be signed for serial \(serial.text); nothing was made.")
  }

  /// A number that nobody can foretell (RFC 5280, 4.1.2.2: positive, at most 20 octets).
  private func setNumber(_ made: OpaquePointer, _ random: any RandomSource) -> Bool {
    guard var bytes = random.bytes(count: 16) else { return false }
    bytes[0] = bytes[0] & 0x7F | 0x40
    guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { return false }
    defer { BN_free(number) }
    return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made)) != nil
  }

  /// From the authority's own beginning, whatever this machine's clock says, without an end (RFC 5280, 4.1.2.5).
  private func setTimes(_ made: OpaquePointer) -> Bool {
    guard let begin = X509_get0_notBefore(certificate), X509_set1_notBefore(made, begin) == 1 else { return false }
    return ASN1_TIME_set_string_X509(X509_getm_notAfter(made), "99991231235959Z") == 1
  }

  private func setNames(_ made: OpaquePointer, _ serial: SerialNumber) -> Bool {
    guard let name = X509_NAME_new() else { return false }
    defer { X509_NAME_free(name) }
    return X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING, serial.text, -1, -1, 0) == 1
      && X509_set_subject_name(made, name) == 1
      && X509_set_issuer_name(made, X509_get_subject_name(certificate)) == 1
  }

  /// A key that authenticates a TLS client and does nothing else.
  private func setExtensions(_ made: OpaquePointer) -> Bool {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, certificate, made, nil, nil, 0)
    let wanted: [(Int32, String)] = [
      (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
      (NID_ext_key_usage, "clientAuth"), (NID_subject_key_identifier, "hash"),
      (NID_authority_key_identifier, "keyid"),
    ]
    for (identifier, value) in wanted {
      guard let added = X509V3_EXT_nconf_nid(nil, &context, identifier, value) else { return false }
      defer { X509_EXTENSION_free(added) }
      guard X509_add_ext(made, added, -1) == 1 else { return false }
    }
    return true
  }

  private func sign(_ made: OpaquePointer) -> Bool {
    // Ed25519 and Ed448 digest by themselves.
    let digestsItself = EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1
    return X509_sign(made, key, digestsItself ? nil : EVP_sha256()) > 0
  }
}
