/// Text on its way through the control socket to somebody's terminal.
enum ControlText {
  /// The text without control characters, which could move a cursor or forge a line, and no longer than a message takes.
  static func harmless(_ text: String, limit: Int = ControlProtocol.maximumText) -> String {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      // Scalars that turn the direction of writing can make a line read as another one.
      let isDirection = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      let shown: Unicode.Scalar = isControl || isDirection ? "?" : scalar
      let encoded = Array(UTF8.encode(shown) ?? UTF8.encodedReplacementCharacter)
      if bytes.count + encoded.count > limit { break }
      bytes += encoded
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A name of 1 to `limit` visible ASCII characters; nil for anything else.
  static func name(_ value: JSONValue?, limit: Int) -> String? {
    guard let bytes = value?.utf8, isName(bytes, limit: limit) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether the bytes are a name of 1 to `limit` visible ASCII characters.
  static func isName(_ bytes: [UInt8], limit: Int) -> Bool {
    (1...limit).contains(bytes.count) && bytes.allSatisfy(ASCII.isVisible)
  }

  /// The case of an enum whose raw value the bytes spell.
  static func word<Word: RawRepresentable & CaseIterable>(_ value: JSONValue?) -> Word? where Word.RawValue == String {
    value?.utf8.flatMap(Word.spelled)
  }
}
