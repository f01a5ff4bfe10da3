import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

@testable import ReplenishCloud

/// The maker's authority of one test, and what it signs.
struct Maker {
  /// A certificate and its key.
  struct Identity {
    var certificate: String
    var key: String
  }

  private let key = P256.Signing.PrivateKey()
  private let name: DistinguishedName
  let authority: String

  init() throws {
    name = try DistinguishedName { CommonName("Maker \(UUID().uuidString)") }
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
      notValidBefore: Date() - 3600, notValidAfter: Date() + 86_400, issuer: name, subject: name,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 1))
        Critical(KeyUsage(keyCertSign: true))
      }, issuerPrivateKey: Certificate.PrivateKey(key))
    authority = try certificate.serializeAsPEM().pemString + "\n"
  }

  /// Signs an authority below it.
  func intermediate() throws -> Identity {
    let own = P256.Signing.PrivateKey()
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(own.publicKey),
      notValidBefore: Date() - 3600, notValidAfter: Date() + 86_400, issuer: name,
      subject: try DistinguishedName { CommonName("New keys") }, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true))
        SubjectKeyIdentifier(hash: Certificate.PublicKey(own.publicKey))
      }, issuerPrivateKey: Certificate.PrivateKey(key))
    return Identity(certificate: try certificate.serializeAsPEM().pemString + "\n", key: own.pemRepresentation + "\n")
  }

  /// Signs a certificate for a new key; the name is whatever somebody asks for.
  func identity(_ commonName: String, isServer: Bool = false) throws -> Identity {
    let own = P256.Signing.PrivateKey()
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(own.publicKey),
      notValidBefore: Date() - 3600, notValidAfter: Date() + 86_400, issuer: name,
      subject: try DistinguishedName { CommonName(commonName) }, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        try ExtendedKeyUsage([isServer ? .serverAuth : .clientAuth])
        SubjectAlternativeNames([.dnsName("localhost")])
      }, issuerPrivateKey: Certificate.PrivateKey(key))
    return Identity(certificate: try certificate.serializeAsPEM().pemString + "\n", key: own.pemRepresentation + "\n")
  }
}
