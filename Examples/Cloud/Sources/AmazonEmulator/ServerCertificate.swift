import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import TextEncodings
import X509

/// A certificate authority made for one run, and the server certificate that it signed.
///
/// Its private key is dropped once the server certificate is signed, so the authority can sign nothing else.
public struct ServerCertificate: Sendable {
  /// The authority's certificate as PEM, for clients to trust.
  public let authorityPEM: String
  /// What the server listens with.
  public let tls: TLSConfiguration

  /// Makes an authority and a certificate for the local machine.
  ///
  /// - Parameters:
  ///   - names: Further host names and IP addresses to answer to.
  ///   - now: The present; the certificates are valid from 30 days before it to 300 days after it.
  public init(names: [String] = [], now: Date = Date()) throws {
    let begin = now - 30 * 86_400
    let end = now + 300 * 86_400
    let authorityKey = P256.Signing.PrivateKey()
    let authorityName = try DistinguishedName {
      // Keeps the authorities of several runs apart in a list of trusted certificates.
      CommonName("Amazon emulator \(randomHexadecimal(bytes: 4))")
      OrganizationName("For tests only")
    }
    let authorityKeyID = SubjectKeyIdentifier(hash: Certificate.PublicKey(authorityKey.publicKey))
    let authority = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(),
      publicKey: Certificate.PublicKey(authorityKey.publicKey), notValidBefore: begin, notValidAfter: end,
      issuer: authorityName, subject: authorityName, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        authorityKeyID
      },
      issuerPrivateKey: Certificate.PrivateKey(authorityKey))
    let key = P256.Signing.PrivateKey()
    let alternatives = (["localhost", "127.0.0.1", "::1"] + names).map(Self.generalName)
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
      notValidBefore: begin, notValidAfter: end, issuer: authorityName,
      subject: try DistinguishedName { CommonName("localhost") }, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames(alternatives)
        SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
        AuthorityKeyIdentifier(keyIdentifier: authorityKeyID.keyIdentifier)
      },
      issuerPrivateKey: Certificate.PrivateKey(authorityKey))
    authorityPEM = try authority.serializeAsPEM().pemString + "\n"
    var serializer = DER.Serializer()
    try serializer.serialize(certificate)
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der))],
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der)))
    tls.minimumTLSVersion = .tlsv12
    tls.applicationProtocols = ["http/1.1"]
    self.tls = tls
  }

  private static func generalName(_ name: String) -> GeneralName {
    var v4 = in_addr()
    if inet_pton(AF_INET, name, &v4) == 1 {
      return .ipAddress(ASN1OctetString(contentBytes: withUnsafeBytes(of: &v4) { ArraySlice($0) }))
    }
    var v6 = in6_addr()
    if inet_pton(AF_INET6, name, &v6) == 1 {
      return .ipAddress(ASN1OctetString(contentBytes: withUnsafeBytes(of: &v6) { ArraySlice($0) }))
    }
    return .dnsName(name)
  }
}
