import Crypto
import CryptoExtras
import Foundation
import NIOHTTP1
import SwiftASN1
import X509

/// The certificate that notifications are signed with.
///
/// That it is Amazon's rests on where it came from: it is fetched over TLS from the one host that may have it.
struct SNSCertificate: Sendable {
  private let key: _RSA.Signing.PublicKey
  private let validity: ClosedRange<Date>

  /// Reads the first certificate of a PEM file; nil unless its key is RSA with 2048 bits or more.
  init?(pem: Data) {
    guard let text = String(validating: pem, as: UTF8.self),
      let document = try? PEMDocument.parseMultiple(pemString: text).first,
      let certificate = try? Certificate(pemDocument: document),
      let key = _RSA.Signing.PublicKey(certificate.publicKey), (2048...8192).contains(key.keySizeInBits),
      certificate.notValidBefore <= certificate.notValidAfter
    else { return nil }
    self.key = key
    validity = certificate.notValidBefore...certificate.notValidAfter
  }

  func isValid(at date: Date) -> Bool { validity.contains(date) }

  /// Whether the owner of the certificate signed the envelope.
  func signed(_ envelope: SNSEnvelope) -> Bool {
    let signature = _RSA.Signing.RSASignature(rawRepresentation: envelope.signature)
    let text = Data(envelope.signedText.utf8)
    switch envelope.signatureVersion {
    // What a topic signs with is set at the topic, and version 1 is what a new one begins with.
    case "1": return key.isValidSignature(signature, for: Insecure.SHA1.hash(data: text), padding: .insecurePKCS1v1_5)
    case "2": return key.isValidSignature(signature, for: SHA256.hash(data: text), padding: .insecurePKCS1v1_5)
    default: return false
    }
  }
}

/// Fetches signing certificates, and keeps a few.
actor SNSCertificates {
  enum Answer: Sendable {
    case certificate(SNSCertificate)
    /// There is none that is good.
    case refused(String)
    /// Not now.
    case unavailable(String)
  }

  private static let kept = 8
  private static let atOnce = 8

  private let amazon: AmazonClient
  private var certificates: [(address: String, certificate: SNSCertificate)] = []
  private var pending: [String: Task<Answer, Never>] = [:]

  init(_ amazon: AmazonClient) { self.amazon = amazon }

  /// The certificate at an address, which the caller has looked at.
  func certificate(at address: String, now: Date) async -> Answer {
    if let known = certificates.first(where: { $0.address == address }), known.certificate.isValid(at: now) {
      return .certificate(known.certificate)
    }
    if let task = pending[address] { return await task.value }
    // Anybody may post an envelope that names one more certificate, so few are waited for at once.
    guard pending.count < Self.atOnce else { return .unavailable("too many certificates are being fetched") }
    let amazon = amazon
    let task = Task { await Self.fetch(address, amazon, now) }
    pending[address] = task
    let answer = await task.value
    pending[address] = nil
    if case .certificate(let certificate) = answer {
      certificates.removeAll { $0.address == address }
      certificates.append((address, certificate))
      if certificates.count > Self.kept { certificates.removeFirst() }
    }
    return answer
  }

  private static func fetch(_ address: String, _ amazon: AmazonClient, _ now: Date) async -> Answer {
    switch await amazon.send(.GET, address) {
    case .none(let reason): return .unavailable(reason)
    case .answer(let status, _, _) where status >= 500: return .unavailable("answered \(status)")
    case .answer(200, _, let body):
      guard let certificate = SNSCertificate(pem: body) else { return .refused("it is no RSA certificate") }
      return certificate.isValid(at: now) ? .certificate(certificate) : .refused("it is not valid now")
    // A redirect too: it is not followed.
    case .answer(let status, _, _): return .refused("answered \(status)")
    }
  }
}
