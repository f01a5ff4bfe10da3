import Crypto
import CryptoExtras
import Foundation
import SwiftASN1
import TextEncodings
import X509

/// Signs as Amazon's notification service does, with a certificate of this run.
struct NotificationSigner: Sendable {
  /// What is served at `path`.
  let certificatePEM: String
  /// Where the certificate lies.
  let path: String
  private let key: _RSA.Signing.PrivateKey

  init(now: Date) throws {
    key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    let name = try DistinguishedName { CommonName("sns.amazonaws.com") }
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
      notValidBefore: now - 30 * 86_400, notValidAfter: now + 300 * 86_400, issuer: name, subject: name,
      signatureAlgorithm: .sha256WithRSAEncryption, extensions: try Certificate.Extensions {},
      issuerPrivateKey: Certificate.PrivateKey(key))
    certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
    let digest = Insecure.SHA1.hash(data: Data(certificatePEM.utf8)).prefix(16)
    path = "/SimpleNotificationService-" + hexadecimal(digest) + ".pem"
  }

  /// Adds `Signature` to the members of an envelope.
  func sign(_ envelope: [String: String], version: Int) throws -> [String: String] {
    var signed = envelope
    signed["SignatureVersion"] = String(version)
    let text = Data(Self.signedText(envelope).utf8)
    let signature =
      version == 1
      ? try key.signature(for: Insecure.SHA1.hash(data: text), padding: .insecurePKCS1v1_5)
      : try key.signature(for: SHA256.hash(data: text), padding: .insecurePKCS1v1_5)
    signed["Signature"] = signature.rawRepresentation.base64EncodedString()
    return signed
  }

  private static func signedText(_ envelope: [String: String]) -> String {
    let names =
      envelope["Type"] == "Notification"
      ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
      : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    return names.reduce(into: "") { text, name in
      if let value = envelope[name] { text += "\(name)\n\(value)\n" }
    }
  }
}
