/// Questions about single bytes, so that wire code needs no `Character` and no Unicode tables.
enum ASCII {
  /// `0`…`9`.
  static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  /// `A`…`Z`, `a`…`z`, `0`…`9`.
  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return isDigit(byte) || (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
  }

  /// `!`…`~`: printable and no space, which RFC 6749 appendix A calls VCHAR.
  static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

  /// The unreserved characters of RFC 3986 section 2.3, which are those of a code verifier (RFC 7636 section 4.1).
  static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): return true
    default: return isAlphanumeric(byte)
    }
  }

  /// The small letter of a capital one; any other byte as it is.
  static func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  /// Whether `bytes` spell `text`, capitals and small letters alike.
  static func matches(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    bytes.count == text.utf8CodeUnitCount && hasPrefix(bytes, text)
  }

  /// Whether `bytes` spell `text` exactly.
  static func isExactly(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether `bytes` begin with `text`, capitals and small letters alike.
  static func hasPrefix(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes.count >= expected.count else { return false }
    for (index, byte) in expected.enumerated() where lowercase(bytes[index]) != lowercase(byte) { return false }
    return true
  }
}
