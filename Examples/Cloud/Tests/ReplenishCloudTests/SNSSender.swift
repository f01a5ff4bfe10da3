import Crypto
import CryptoExtras
import Foundation
import SwiftASN1
import X509

@testable import ReplenishCloud

/// A key and a certificate as the notification service has them; it signs whatever text it is given.
struct SNSSender: Sendable {
  static let now = Date(timeIntervalSince1970: 1_800_000_000)
  /// Made once: an RSA key takes its time.
  static let shared = Result { try SNSSender() }

  let key: _RSA.Signing.PrivateKey
  let certificate: SNSCertificate

  init() throws {
    key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    certificate = try Self.read(try Self.pem(key))
  }

  struct NoCertificate: Error {}

  static func read(_ pem: String) throws -> SNSCertificate {
    guard let certificate = SNSCertificate(pem: Data(pem.utf8)) else { throw NoCertificate() }
    return certificate
  }

  static func pem(
    _ key: _RSA.Signing.PrivateKey, from: Date = now - 3600, until: Date = now + 3600
  ) throws -> String {
    try pem(Certificate.PrivateKey(key), .sha256WithRSAEncryption, from: from, until: until)
  }

  static func pem(
    _ key: Certificate.PrivateKey, _ algorithm: Certificate.SignatureAlgorithm, from: Date = now - 3600,
    until: Date = now + 3600
  ) throws -> String {
    let name = try DistinguishedName { CommonName("sns.amazonaws.com") }
    return try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: from,
      notValidAfter: until, issuer: name, subject: name, signatureAlgorithm: algorithm,
      extensions: try Certificate.Extensions {}, issuerPrivateKey: key
    ).serializeAsPEM().pemString
  }

  /// The envelope's members with a signature of a text beside them.
  func sign(_ members: [String: String], text: String, version: String) throws -> [String: String] {
    let data = Data(text.utf8)
    let signature =
      version == "1"
      ? try key.signature(for: Insecure.SHA1.hash(data: data), padding: .insecurePKCS1v1_5)
      : try key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5)
    return members.merging(
      ["SignatureVersion": version, "Signature": signature.rawRepresentation.base64EncodedString()]
    ) { $1 }
  }
}

extension SNSEnvelope {
  init?(members: [String: String]) {
    guard let body = try? JSONSerialization.data(withJSONObject: members) else { return nil }
    self.init(body)
  }
}
