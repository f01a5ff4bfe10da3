/// Text that others wrote on its way to somebody's terminal: through the control socket, or from the air.
enum ControlText {
  /// The text with `?` for control characters, which could move a cursor or forge a line, and no longer than a message takes.
  static func harmless(_ text: String, limit: Int = ControlProtocol.maximumText) -> String {
    let bytes = text.bytes
    var shown: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let harmful = harmfulLength(bytes[index...])
      shown.append(harmful == 0 ? bytes[index] : UInt8(ascii: "?"))
      index += max(harmful, 1)
    }
    return String(utf8: shown).shortened(to: limit)
  }

  /// How many bytes of UTF-8 the character has that comes next, if it is a harmful one; else 0.
  private static func harmfulLength(_ rest: ArraySlice<UInt8>) -> Int {
    let first = rest[rest.startIndex]
    if first < 0x20 || first == 0x7F { return 1 }
    let second = rest.dropFirst().first ?? 0
    // U+0080 to U+009F
    if first == 0xC2 { return second < 0xA0 ? 2 : 0 }
    // Those that turn the direction of writing can make a line read as another one: U+200E, U+200F, U+202A to U+202E,
    // U+2066 to U+2069.
    guard first == 0xE2, let third = rest.dropFirst(2).first else { return 0 }
    let isDirection =
      second == 0x80
      ? (0x8E...0x8F).contains(third) || (0xAA...0xAE).contains(third)
      : second == 0x81 && (0xA6...0xA9).contains(third)
    return isDirection ? 3 : 0
  }

  /// A name of 1 to `limit` visible ASCII characters; nil for anything else.
  static func name(_ value: JSONValue?, limit: Int) -> String? {
    guard let bytes = value?.utf8, isName(bytes, limit: limit) else { return nil }
    return String(utf8: bytes)
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
