import Crypto
import Foundation
import SwiftASN1
import X509

/// Signs a device's next key: an intermediate authority that the maker's own one, which stays offline, has signed.
///
/// What it signs ends at no time, as what the factory signs: a key is trusted by the database, not by a date.
public struct RekeyAuthority: Sendable {
  /// What cannot be used, or not signed.
  public struct Failure: Error, CustomStringConvertible {
    /// One line: what is wrong, and what to do.
    public let description: String
  }

  private let chain: String
  private let certificate: Certificate
  private let key: Certificate.PrivateKey

  /// Takes the intermediate's certificate, others between it and the maker's authority below it, and its key, in PEM.
  public init(chain: String, privateKey: String) throws {
    guard let documents = try? PEMDocument.parseMultiple(pemString: chain), let first = documents.first,
      let certificate = try? Certificate(pemDocument: first)
    else { throw Failure(description: "The certificate for new keys is no PEM.") }
    guard let key = try? Certificate.PrivateKey(pemEncoded: privateKey) else {
      throw Failure(description: "The key of the certificate for new keys is no PEM of an EC or RSA key.")
    }
    guard case .isCertificateAuthority? = try? certificate.extensions.basicConstraints,
      (try? certificate.extensions.keyUsage)?.keyCertSign != false
    else { throw Failure(description: "The certificate for new keys may not sign: it is no certificate authority's.") }
    guard key.publicKey == certificate.publicKey else {
      throw Failure(description: "The key does not belong to the certificate for new keys.")
    }
    self.chain = chain.hasSuffix("\n") ? chain : chain + "\n"
    self.certificate = certificate
    self.key = key
  }

  /// Says whether the maker's authority signed it, so that devices with its certificates are let in.
  public func check(makerAuthority: String) throws {
    let makers = try PEMDocument.parseMultiple(pemString: makerAuthority).map { try Certificate(pemDocument: $0) }
    let above = try PEMDocument.parseMultiple(pemString: chain).map { try Certificate(pemDocument: $0) }
    let isSigned = above.contains { lower in
      makers.contains { $0 == lower || $0.publicKey.isValidSignature(lower.signature, for: lower) }
    }
    guard isSigned else {
      throw Failure(description: "The maker's authority did not sign the certificate for new keys, nor one above it.")
    }
  }

  /// What a device asks for: the key that it made.
  struct Request {
    let publicKey: Certificate.PublicKey
    /// How the cloud knows the key.
    let fingerprint: Fingerprint

    /// Reads a request (PKCS #10) in PEM; nil unless it is for a key on P-256 and signed with it.
    init?(pem: String) {
      guard let request = try? CertificateSigningRequest(pemEncoded: pem),
        let key = P256.Signing.PublicKey(request.publicKey),
        request.publicKey.isValidSignature(request.signature, for: request)
      else { return nil }
      publicKey = request.publicKey
      fingerprint = Fingerprint(of: Array(key.derRepresentation))
    }
  }

  /// A certificate for a device's key, with the chain up to the maker's authority, in PEM.
  func sign(_ request: Request, serial: String) throws -> String {
    let made = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: request.publicKey,
      notValidBefore: certificate.notValidBefore, notValidAfter: Self.never, issuer: certificate.subject,
      subject: try DistinguishedName { CommonName(serial) },
      signatureAlgorithm: try Self.algorithm(key),
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.clientAuth])
        SubjectKeyIdentifier(hash: request.publicKey)
        if let identifier = try certificate.extensions.subjectKeyIdentifier {
          AuthorityKeyIdentifier(keyIdentifier: identifier.keyIdentifier)
        }
      }, issuerPrivateKey: key)
    return try made.serializeAsPEM().pemString + "\n" + chain
  }

  /// 9999-12-31 23:59:59: "no well-defined expiration date" (RFC 5280, 4.1.2.5).
  private static let never = Date(timeIntervalSince1970: 253_402_300_799)

  private static func algorithm(_ key: Certificate.PrivateKey) throws -> Certificate.SignatureAlgorithm {
    if P256.Signing.PublicKey(key.publicKey) != nil { return .ecdsaWithSHA256 }
    if P384.Signing.PublicKey(key.publicKey) != nil { return .ecdsaWithSHA384 }
    throw Failure(description: "The key for new keys is neither on P-256 nor on P-384.")
  }
}
