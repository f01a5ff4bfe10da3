import COpenSSL
import ReplenishCore

/// What a device asks its certificate with (PKCS #10, RFC 2986): the public half of the key that it made itself.
///
/// Only the key of a request counts; its names and wishes are passed over.
public final class CertificateRequest {
  /// SHA-256 of the key's SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) in DER, which is what the cloud knows a device by.
  public let publicKeyDigest: [UInt8]

  let key: OpaquePointer

  /// Reads a request in PEM and checks that who made it holds the key.
  public init(_ pem: Secret, file: String) throws(CertificateFault) {
    guard let request = PEM.read(pem, { PEM_read_bio_X509_REQ($0, nil, PEM.noPassPhrase, nil) }) else {
      throw CertificateFault("\(file) is no certificate request in PEM; make it with: openssl req -new")
    }
    defer { X509_REQ_free(request) }
    defer { ERR_clear_error() }
    guard let key = X509_REQ_get_pubkey(request) else {
      throw CertificateFault("\(file) holds a key of a kind that is not known; use an EC key on P-256")
    }
    self.key = key
    var der: UnsafeMutablePointer<UInt8>?
    let length = i2d_PUBKEY(key, &der)
    let found = UnsafeRawBufferPointer(start: der, count: max(Int(length), 0))
    defer { replenish_free(der) }
    publicKeyDigest = SHA256.digest(found)
    guard X509_REQ_verify(request, key) == 1 else {
      throw CertificateFault("\(file) is not signed by its own key; ask the device for it again")
    }
    // An uncompressed point on the named curve has one encoding, so that every library digests the same bytes.
    guard found.count == CertificateRequest.start.count + 64, found.starts(with: CertificateRequest.start) else {
      throw CertificateFault(
        "\(file) holds no EC key on P-256, uncompressed; make one with -pkeyopt ec_paramgen_curve:P-256")
    }
  }

  deinit { EVP_PKEY_free(key) }

  /// How every SubjectPublicKeyInfo of a key on P-256 begins (RFC 5480, 2): all but the point's coordinates.
  private static let start: [UInt8] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE,
    0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
  ]
}
