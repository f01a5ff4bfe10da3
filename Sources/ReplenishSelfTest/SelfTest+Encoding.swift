import ReplenishCore

extension SelfTest {
  /// RFC 4648 section 10, and the two characters that differ from base64.
  static func base64url(is answer: StaticString = "-__-Zg") -> Bool {
    Array(Base64URL.encode(hex("fbfffe66")).utf8) == bytes(answer)
  }

  /// A number that no Double holds comes back as it was; what is no JSON, or is twice there, is refused.
  static func json(is answer: StaticString = "{\"n\":9007199254740993}") -> Bool {
    guard let object = parsed(answer), object["n"]?.integer == 9_007_199_254_740_993,
      Secret.matches(object.encoded(), Secret(copying: bytes(answer)))
    else { return false }
    return parsed("{\"n\":1,\"n\":2}") == nil && parsed("{\"n\":1}x") == nil && parsed("{\"n\":1,}") == nil
      && parsed("") == nil
  }

  @inline(never) private static func parsed(_ text: StaticString) -> JSONValue? { try? JSONValue.parse(bytes(text)) }

  static func recordRoundTrip(payload: StaticString = "payload") -> Bool {
    guard case .whole(7, let found) = RecordEnvelope.read(.journal, recordFile(length: 71, flipping: 0)) else {
      return false
    }
    return Secret.matches(found, Secret(copying: bytes(payload)))
  }

  static func refusesTornRecords() -> Bool {
    isDamaged(length: 70, flipping: 0) && isDamaged(length: 0, flipping: 0) && isDamaged(length: 71, flipping: 1)
  }

  @inline(never) private static func isDamaged(length: Int, flipping bit: UInt8) -> Bool {
    guard case .damaged = RecordEnvelope.read(.journal, recordFile(length: length, flipping: bit)) else { return false }
    return true
  }

  /// The file of a record of 64 + 7 bytes, cut to a length, its last byte changed.
  @inline(never) private static func recordFile(length: Int, flipping bit: UInt8) -> Secret {
    let file = RecordEnvelope.encode(.journal, sequence: 7, payload: Secret(copying: bytes("payload")))
    return Secret(count: length) { memory in
      file?.withBytes { whole in
        for index in memory.indices where index < whole.count { memory[index] = whole[index] }
      }
      if let last = memory.indices.last { memory[last] ^= bit }
    }
  }

  static func controlRequest(
    is answer: StaticString = "{\"protocol\":1,\"command\":\"press\",\"slot\":\"coffee\"}"
  ) -> Bool {
    ControlRequest.encode(.press(slot: "coffee")) == bytes(answer)
  }

  static func controlReply(
    is answer: StaticString = "{\"protocol\":1,\"reply\":\"noted\",\"press\":\"000102030405060708090a0b0c0d0e0f\"}"
  ) -> Bool {
    guard let id = noted(bytes(answer)), id.bytes == (0..<16).map({ UInt8($0) }) else { return false }
    return noted(bytes("{\"protocol\":1,\"reply\":\"noted\",\"press\":\"00\"}")) == nil
  }

  /// Not by comparing replies, which would link the comparison of strings and with it 50 KB of Unicode tables.
  private static func noted(_ message: [UInt8]) -> PressID? {
    do throws(ControlReply.Fault) {
      guard case .noted(let id) = try ControlReply.decode(message) else { return nil }
      return id
    } catch { return nil }
  }
}
