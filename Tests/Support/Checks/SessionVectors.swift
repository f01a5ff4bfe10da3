import ReplenishCore

/// `Tests/Vectors/setup-session.json`: one whole connection byte for byte, for the authors of other phones and devices.
/// The run is made again, and each member of the file compared.
package enum SessionVectors {
  /// The file's name.
  package static let file = "setup-session"
  private static let x = SHA256.digest(Array("setup-session x".utf8))
  private static let y = SHA256.digest(Array("setup-session y".utf8))
  private static let session: [UInt8] = [0x5A, 0x17]

  /// One check for each member of the file.
  package static func checks(_ folder: VectorFolder) -> [Check] {
    let members = [
      "about", "code", "salt", "iterations", "model", "session", "w0", "w1", "L", "x", "y", "context", "idProver",
      "idVerifier", "K_shared", "transcript", "keyPhoneToDevice", "keyDeviceToPhone", "messages", "packetsAtMTU247",
      "packetsAtMTU23",
    ]
    // Made once, for the first check that asks.
    let run = Once()
    var checks = members.map { member in
      Check("\(file): \(member)") { (findings) throws(VectorFault) in
        let made = try run.value()[member]
        findings.expect(try made == folder.file(file)[member] && made != nil, "the device made another \(member)")
      }
    }
    checks.append(
      Check("\(file): no other members") { (findings) throws(VectorFault) in
        findings.expect(try Set((folder.file(file).object ?? [:]).keys) == Set(members), "the file has other members")
      })
    return checks
  }

  private final class Once {
    private var made: TestJSON?

    func value() throws(VectorFault) -> TestJSON {
      if let made { return made }
      let value = try SessionVectors.record()
      made = value
      return value
    }
  }

  /// A run whose random numbers are fixed.
  private static func run(mtu: Int) throws(VectorFault) -> SetupLink {
    var link = try SetupLink(mtu: mtu)
    link.device = PhoneConnection(
      credential: try SetupLink.credential(), model: SetupLink.model, random: FixedRandom(y))
    link.phone = PhoneSession(
      code: try SetupLink.setupCode(SetupLink.code), maximumMTU: mtu, random: FixedRandom(session + x))
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

  /// What the file holds, made anew.
  package static func record() throws(VectorFault) -> TestJSON {
    let wide = try run(mtu: 247)
    let narrow = try run(mtu: 23)
    let code = try SetupLink.setupCode(SetupLink.code)
    let exchange = SetupContext(
      version: 1, offered: [1], salt: SetupLink.salt, iterations: 10_000, model: Array(SetupLink.model.utf8)
    ).exchange
    do throws(SetupFault) {
      let messages = try messages(wide.packets)
      guard try SessionVectors.messages(narrow.packets) == messages, messages.count > 5 else { throw .malformed }
      let derivation = try SetupDerivation(code: code, salt: SetupLink.salt, iterations: 10_000)
      let l = try derivation.l()
      let verifier = try SPAKE2PlusVerifier(
        exchange, w0: derivation.w0, l: l, shareP: Array(messages[2].bytes.dropFirst()), random: FixedRandom(y))
      var transcript = SetupTranscript()
      for message in messages.prefix(5) { transcript.append(message.bytes) }
      func key(_ direction: String) throws(SetupFault) -> Secret {
        try KeyDerivation.hkdf(
          verifier.keys.shared, salt: transcript.digest, info: Array("ReplenishKit setup \(direction)".utf8) + session,
          count: 32)
      }
      let fromPhone = try key("phone to device")
      let fromDevice = try key("device to phone")
      return .object([
        "about": .string(
          "One connection of the setup protocol, version 1; described in SetupProtocol. Bytes are hexadecimal."),
        "code": .string(SetupLink.code), "salt": hex(SetupLink.salt), "iterations": .number(10_000),
        "model": .string(SetupLink.model), "session": hex(session), "w0": hex(derivation.w0.disclosed),
        "w1": hex(derivation.w1.disclosed), "L": hex(l.disclosed), "x": hex(x), "y": hex(y),
        "context": hex(exchange.context), "idProver": .string(String(decoding: exchange.prover, as: UTF8.self)),
        "idVerifier": .string(String(decoding: exchange.verifier, as: UTF8.self)),
        "K_shared": hex(verifier.keys.shared.disclosed), "transcript": hex(transcript.digest),
        "keyPhoneToDevice": hex(fromPhone.disclosed), "keyDeviceToPhone": hex(fromDevice.disclosed),
        "messages": .array(try opened(messages, fromPhone, fromDevice)),
        "packetsAtMTU247": .array(wide.packets.map { listed($0) }),
        "packetsAtMTU23": .array(narrow.packets.map { listed($0) }),
      ])
    } catch { throw VectorFault("the connection cannot be made: \(error.text)") }
  }

  private static func hex(_ bytes: [UInt8]) -> TestJSON { .string(Hex.encode(bytes)) }

  private static func listed(_ packet: SetupLink.Packet, text: String? = nil) -> TestJSON {
    var entry: [String: TestJSON] = [
      "from": .string(packet.isFromPhone ? "phone" : "device"), "bytes": hex(packet.bytes),
    ]
    if let text { entry["text"] = .string(text) }
    return .object(entry)
  }

  /// The messages, the sealed ones also as their text.
  private static func opened(
    _ messages: [SetupLink.Packet], _ phoneKey: Secret, _ deviceKey: Secret
  ) throws(SetupFault) -> [TestJSON] {
    var fromPhone = Sealing(key: phoneKey)
    var fromDevice = Sealing(key: deviceKey)
    var list: [TestJSON] = []
    for message in messages {
      let type = message.bytes[0]
      guard type & 0x7F == 0x04 else {
        list.append(listed(message))
        continue
      }
      let sealed = Array(message.bytes.dropFirst())
      let text =
        message.isFromPhone
        ? try fromPhone.open(sealed, additional: session + [type])
        : try fromDevice.open(sealed, additional: session + [type])
      list.append(listed(message, text: text.shownForTest))
    }
    return list
  }

  /// The messages that the frames carried, in the order in which they became whole.
  private static func messages(_ packets: [SetupLink.Packet]) throws(SetupFault) -> [SetupLink.Packet] {
    var fromPhone = Reassembler()
    var fromDevice = Reassembler()
    var messages: [SetupLink.Packet] = []
    for packet in packets {
      let isWrite = packet.isFromPhone && packet.bytes.starts(with: [0x12, UInt8(SetupService.Handle.writeValue), 0])
      let isIndication = !packet.isFromPhone && packet.bytes[0] == 0x1D
      guard isWrite || isIndication else { continue }
      let frame = Array(packet.bytes.dropFirst(3))
      let whole = isWrite ? try fromPhone.receive(frame) : try fromDevice.receive(frame)
      if let whole { messages.append(SetupLink.Packet(isFromPhone: isWrite, bytes: whole.bytes)) }
    }
    return messages
  }
}
