import Foundation
import Testing

@testable import ReplenishCore

/// Tests/Vectors/setup-session.json: one whole connection byte for byte, for the authors of other phones and devices.
///
/// The run is made again in each test and compared. `REPLENISH_WRITE_VECTORS=1 swift test --filter SessionVectorTests`
/// writes the file anew, after a change of the protocol that is meant.
@Suite struct SessionVectorTests {
  private static let file = "setup-session.json"
  private static let x = SHA256.digest(Array("setup-session x".utf8))
  private static let y = SHA256.digest(Array("setup-session y".utf8))
  private static let session: UInt16 = 0x5A17

  @Test func theRecordedConnectionIsMadeAgain() throws {
    let made = try JSONSerialization.data(
      withJSONObject: record(), options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    let file = SetupVectors.folder.appendingPathComponent(SessionVectorTests.file)
    if ProcessInfo.processInfo.environment["REPLENISH_WRITE_VECTORS"] == "1" {
      try (made + Data("\n".utf8)).write(to: file)
    }
    let kept = try JSONSerialization.jsonObject(with: try Data(contentsOf: file)) as? NSDictionary
    let again = try JSONSerialization.jsonObject(with: made) as? NSDictionary
    #expect(kept != nil && kept == again)
  }

  /// A run whose random numbers are fixed.
  private func run(mtu: Int) throws -> SetupLink {
    var link = try SetupLink(mtu: mtu)
    let session = BigEndian.bytes(Int(SessionVectorTests.session), count: 2)
    link.device = PhoneConnection(
      credential: try SetupLink.credential(), model: SetupLink.model, random: FixedRandom(SessionVectorTests.y))
    link.phone = PhoneSession(
      code: try SetupCode(Secret(copying: SetupLink.code)), maximumMTU: mtu,
      random: FixedRandom(session + SessionVectorTests.x))
    link.start()
    try link.fromPhone(.identify)
    try link.fromPhone(.authorization(SetupLink.grant))
    link.fromDevice(.progress(.redeeming))
    link.fromDevice(.progress(.proving))
    link.fromDevice(.failed(LinkFailure(.codeRefused, "Amazon refuses the code. Log in again.", mayRetry: true)))
    link.fromDevice(.parameters(SetupLink.parameters))
    try link.fromPhone(.requestParameters)
    link.fromDevice(.linked)
    return link
  }

  private func record() throws -> [String: Any] {
    let wide = try run(mtu: 247)
    let narrow = try run(mtu: 23)
    let credential = try SetupLink.credential()
    let derivation = try SetupDerivation(
      code: SetupCode(Secret(copying: SetupLink.code)), salt: credential.salt, iterations: credential.iterations)
    let exchange = SetupContext(
      version: 1, offered: [1], salt: credential.salt, iterations: credential.iterations,
      model: Array(SetupLink.model.utf8)
    ).exchange
    let messages = try wide.messages()
    #expect(try narrow.messages() == messages)

    let verifier = try SPAKE2PlusVerifier(
      exchange, w0: derivation.w0, l: derivation.l(), shareP: Array(messages[2].bytes.dropFirst()),
      random: FixedRandom(SessionVectorTests.y))
    var transcript = SetupTranscript()
    for message in messages.prefix(5) { transcript.append(message.bytes) }
    let number = BigEndian.bytes(Int(SessionVectorTests.session), count: 2)
    var keys: [Bool: Secret] = [:]
    for (isFromPhone, info) in [(true, "phone to device"), (false, "device to phone")] {
      keys[isFromPhone] = try KeyDerivation.hkdf(
        verifier.keys.shared, salt: transcript.digest, info: Array("ReplenishKit setup \(info)".utf8) + number,
        count: 32)
    }
    return [
      "about": "One connection of the setup protocol, version 1; described in SetupProtocol. Bytes are hexadecimal.",
      "code": SetupLink.code, "salt": credential.salt.hex, "iterations": credential.iterations,
      "model": SetupLink.model, "session": number.hex, "w0": derivation.w0.disclosed.hex,
      "w1": derivation.w1.disclosed.hex, "L": try derivation.l().disclosed.hex, "x": SessionVectorTests.x.hex,
      "y": SessionVectorTests.y.hex, "context": exchange.context.hex,
      "idProver": String(decoding: exchange.prover, as: UTF8.self),
      "idVerifier": String(decoding: exchange.verifier, as: UTF8.self),
      "K_shared": verifier.keys.shared.disclosed.hex, "transcript": transcript.digest.hex,
      "keyPhoneToDevice": keys[true]?.disclosed.hex ?? "", "keyDeviceToPhone": keys[false]?.disclosed.hex ?? "",
      "messages": try opened(messages, keys), "packetsAtMTU247": wide.listed, "packetsAtMTU23": narrow.listed,
    ]
  }

  /// The messages, the sealed ones also as their text.
  private func opened(_ messages: [SetupLink.Packet], _ keys: [Bool: Secret]) throws -> [[String: Any]] {
    var fromPhone = Sealing(key: try #require(keys[true]))
    var fromDevice = Sealing(key: try #require(keys[false]))
    let number = BigEndian.bytes(Int(SessionVectorTests.session), count: 2)
    var list: [[String: Any]] = []
    for message in messages {
      var entry: [String: Any] = ["from": message.isFromPhone ? "phone" : "device", "bytes": message.bytes.hex]
      let type = message.bytes[0]
      if type & 0x7F == 0x04 {
        let sealed = Array(message.bytes.dropFirst())
        let text =
          message.isFromPhone
          ? try fromPhone.open(sealed, additional: number + [type])
          : try fromDevice.open(sealed, additional: number + [type])
        entry["text"] = String(decoding: text.disclosed, as: UTF8.self)
      }
      list.append(entry)
    }
    return list
  }
}

extension SetupLink {
  /// The packets as the file lists them.
  fileprivate var listed: [[String: String]] {
    packets.map { ["from": $0.isFromPhone ? "phone" : "device", "bytes": $0.bytes.hex] }
  }

  /// The messages that the frames carried, in the order in which they became whole.
  fileprivate func messages() throws -> [Packet] {
    var fromPhone = Reassembler()
    var fromDevice = Reassembler()
    var messages: [Packet] = []
    for packet in packets {
      let isWrite = packet.isFromPhone && packet.bytes.prefix(3) == [0x12, UInt8(SetupService.Handle.writeValue), 0]
      let isIndication = !packet.isFromPhone && packet.bytes[0] == 0x1D
      guard isWrite || isIndication else { continue }
      let frame = Array(packet.bytes.dropFirst(3))
      let whole = isWrite ? try fromPhone.receive(frame) : try fromDevice.receive(frame)
      if let whole { messages.append(Packet(isFromPhone: isWrite, bytes: whole.bytes)) }
    }
    return messages
  }
}
