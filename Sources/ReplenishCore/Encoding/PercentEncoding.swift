/// Percent-encoding (RFC 3986 section 2.1) of everything but the unreserved characters.
///
/// One rule for path segments, query values and form bodies: a form may write a space as `+` too, but every reader of
/// forms also takes `%20`, and so there is one encoder to get right.
public enum PercentEncoding {
  private static let digits: StaticString = "0123456789ABCDEF"

  /// The encoded form of a text that is not secret.
  public static func encode(_ text: String) -> String {
    var encoded: [UInt8] = []
    for byte in text.bytes { put(byte) { encoded.append($0) } }
    return String(utf8: encoded)
  }

  /// The bytes of an encoded text; nil if a `%` is not followed by two hexadecimal digits.
  ///
  /// - Parameters:
  ///   - text: the encoded text.
  ///   - plusIsSpace: as in forms and in the query of an OAuth redirect (RFC 6749 appendix B).
  public static func decode(_ text: [UInt8], plusIsSpace: Bool = false) -> [UInt8]? {
    var decoded: [UInt8] = []
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < text.count, let high = value(text[index + 1]), let low = value(text[index + 2]) else {
          return nil
        }
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
        index += 1
      }
    }
    return decoded
  }

  /// Hands out the one or three characters that stand for a byte.
  static func put(_ byte: UInt8, to put: (UInt8) -> Void) {
    if ASCII.isUnreserved(byte) { return put(byte) }
    put(UInt8(ascii: "%"))
    put(digits.utf8Start[Int(byte >> 4)])
    put(digits.utf8Start[Int(byte & 0xF)])
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch ASCII.lowercase(digit) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): return ASCII.lowercase(digit) - UInt8(ascii: "a") + 10
    default: return nil
    }
  }
}
