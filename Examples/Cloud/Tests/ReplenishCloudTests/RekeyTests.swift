import Crypto
import Foundation
import NIOHTTP1
import SwiftASN1
import Testing
import X509

@testable import ReplenishCloud

/// A device's next key: `POST /v1/certificate`.
@Suite("Next keys", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct RekeyTests {
  /// A cloud that signs next keys.
  private func fixture() throws -> CloudFixture {
    let box = IssuerBox()
    let fixture = try CloudFixture { $0.rekeying = box.issuer }
    let intermediate = try fixture.maker.intermediate()
    box.issuer = try RekeyAuthority(chain: intermediate.certificate, privateKey: intermediate.key)
    return fixture
  }

  /// Filled in between the making of the fixture and that of the cloud, by one task.
  private final class IssuerBox: @unchecked Sendable {
    var issuer: RekeyAuthority?
  }

  private func request(_ key: Certificate.PrivateKey, _ algorithm: Certificate.SignatureAlgorithm = .ecdsaWithSHA256)
    throws -> String
  {
    try CertificateSigningRequest(
      version: .v1, subject: try DistinguishedName { CommonName("another name") }, privateKey: key,
      attributes: CertificateSigningRequest.Attributes(), signatureAlgorithm: algorithm
    ).serializeAsPEM().pemString
  }

  private func body(_ request: String) throws -> String {
    String(decoding: try JSONEncoder().encode(["request": request]), as: UTF8.self)
  }

  /// Asks for a certificate; what the device then is.
  private func nextIdentity(of device: Device) async throws -> Maker.Identity {
    let key = P256.Signing.PrivateKey()
    let answer = try await device.send(.POST, "/v1/certificate", try body(request(Certificate.PrivateKey(key))))
    try #require(answer.status == 200, "\(answer.text)")
    let chain = try #require(answer.members["certificate"] as? String)
    return Maker.Identity(certificate: chain, key: key.pemRepresentation + "\n")
  }

  @Test("the next key works, the present one until then and no longer; presses of both are the same device's")
  func nextKey() async throws {
    try await fixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      let later = try cloud.device(device.serial, try await self.nextIdentity(of: device))
      try await cloud.with(device, later) {
        // It ends at no time (RFC 5280 section 4.1.2.5), and the intermediate that signed it comes with it.
        let chain = try PEMDocument.parseMultiple(pemString: later.identity.certificate)
          .map { try Certificate(pemDocument: $0) }
        try #require(chain.count == 2)
        #expect(chain[0].notValidAfter == Date(timeIntervalSince1970: 253_402_300_799))
        #expect(chain[1].publicKey.isValidSignature(chain[0].signature, for: chain[0]))
        // The answer may have been lost: the present key is still good.
        let press = Device.pressID()
        let ordered = try await device.press(press)
        #expect(ordered.state == "ordered")
        #expect(try await later.send(.GET, "/v1/presses/\(press)").state == "ordered")
        // From here on the device is known by its next key alone, on the old connection too.
        #expect(try await device.send(.GET, "/v1/device").status == 403)
        #expect(try await later.send(.GET, "/v1/device").members["linked"] as? Bool == true)
      }
    }
  }

  @Test("of several next keys the last one counts")
  func lastOneCounts() async throws {
    try await fixture().run { cloud in
      let device = try await cloud.device()
      let first = try cloud.device(device.serial, try await self.nextIdentity(of: device))
      let second = try cloud.device(device.serial, try await self.nextIdentity(of: device))
      try await cloud.with(device, first, second) {
        let replaced = try await first.send(.GET, "/v1/device")
        #expect(replaced.status == 403)
        #expect(try await second.send(.GET, "/v1/device").status == 200)
        #expect(try await device.send(.GET, "/v1/device").status == 403)
      }
    }
  }

  @Test("a device may ask again for the key it has; nobody gets another device's key")
  func keysInUse() async throws {
    try await fixture().run { cloud in
      let (device, other) = (try await cloud.device(), try await cloud.device())
      try await cloud.with(device, other) {
        let own = try self.body(self.request(try Certificate.PrivateKey(pemEncoded: device.identity.key)))
        #expect(try await device.send(.POST, "/v1/certificate", own).status == 200)
        #expect(try await device.send(.GET, "/v1/device").status == 200)
        let refused = try await other.send(.POST, "/v1/certificate", own)
        #expect(refused.status == 409 && refused.members["error"] as? String == "anothersKey")
        // One that another device has asked for, but not used yet, is that one's too.
        let next = try self.body(self.request(Certificate.PrivateKey(P256.Signing.PrivateKey())))
        #expect(try await device.send(.POST, "/v1/certificate", next).status == 200)
        #expect(try await device.send(.POST, "/v1/certificate", next).status == 200)
        #expect(try await other.send(.POST, "/v1/certificate", next).status == 409)
      }
    }
  }

  @Test("a request that is none, of another curve, or signed by another key: refused")
  func badRequests() async throws {
    try await fixture().run { cloud in
      let device = try await cloud.device()
      try await cloud.with(device) {
        var forged = Array(try self.request(Certificate.PrivateKey(P256.Signing.PrivateKey())))
        // A letter of the signature, which ends the text before its last line.
        let place = try #require(forged.lastIndex(of: "\n")) - 8
        forged[place] = forged[place] == "A" ? "B" : "A"
        let otherCurve = try self.request(Certificate.PrivateKey(P384.Signing.PrivateKey()), .ecdsaWithSHA384)
        for text in ["", "no request", otherCurve, String(forged)] {
          let body = try self.body(text)
          #expect(try await device.send(.POST, "/v1/certificate", body).status == 400, "\(text)")
        }
        #expect(try await device.send(.POST, "/v1/certificate", "{}").status == 400)
      }
    }
  }

  @Test("a revoked device gets no certificate, and the next key of one opens nothing")
  func revoked() async throws {
    try await fixture().run { cloud in
      let device = try await cloud.device()
      let later = try cloud.device(device.serial, try await self.nextIdentity(of: device))
      try await cloud.with(device, later) {
        _ = try await cloud.storage.setState(.revoked, model: "CoffeeMaker-9000", serial: device.serial)
        let next = try self.body(self.request(Certificate.PrivateKey(P256.Signing.PrivateKey())))
        #expect(try await device.send(.POST, "/v1/certificate", next).status == 403)
        #expect(try await later.send(.GET, "/v1/device").status == 403)
      }
    }
  }

  @Test("without an authority for new keys there are none")
  func notOffered() async throws {
    try await CloudFixture().run { cloud in
      let device = try await cloud.device()
      try await cloud.with(device) {
        let next = try self.body(self.request(Certificate.PrivateKey(P256.Signing.PrivateKey())))
        let answer = try await device.send(.POST, "/v1/certificate", next)
        #expect(answer.status == 404 && answer.members["error"] as? String == "noRekeying")
      }
    }
  }

  @Test("an authority that cannot sign for the maker is named")
  func authorities() throws {
    let maker = try Maker()
    let intermediate = try maker.intermediate()
    let leaf = try maker.identity("leaf")
    #expect(throws: RekeyAuthority.Failure.self) {
      try RekeyAuthority(chain: leaf.certificate, privateKey: leaf.key)
    }
    #expect(throws: RekeyAuthority.Failure.self) {
      try RekeyAuthority(chain: intermediate.certificate, privateKey: leaf.key)
    }
    #expect(throws: RekeyAuthority.Failure.self) { try RekeyAuthority(chain: "", privateKey: leaf.key) }
    let authority = try RekeyAuthority(chain: intermediate.certificate, privateKey: intermediate.key)
    try authority.check(makerAuthority: maker.authority)
    let another = try Maker().authority
    #expect(throws: RekeyAuthority.Failure.self) { try authority.check(makerAuthority: another) }
  }
}
