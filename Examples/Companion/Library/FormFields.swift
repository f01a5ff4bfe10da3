import ReplenishCore

/// The fields of a form, as `application/x-www-form-urlencoded` (WHATWG URL, 5).
public enum FormFields {
  /// Writes fields. The values may be secret, a password for instance.
  public static func encode(_ fields: [(name: String, value: Secret)]) -> Secret {
    var text = SecretBuilder()
    for field in fields {
      if text.count > 0 { text.append("&") }
      encode(Array(field.name.utf8), into: &text)
      text.append("=")
      field.value.withBytes { encode($0, into: &text) }
    }
    return text.finish()
  }

  /// Reads fields. A broken percent sign stands for itself, as in browsers.
  public static func decode(_ text: String) -> [(name: String, value: String)] {
    text.split(separator: "&").map { field in
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (decode(parts[0]), parts.count == 2 ? decode(parts[1]) : "")
    }
  }

  private static func encode(_ bytes: some Sequence<UInt8>, into text: inout SecretBuilder) {
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        text.append(byte)
      case UInt8(ascii: " "):
        text.append(UInt8(ascii: "+"))
      default:
        text.append([UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      }
    }
  }

  private static let digits = Array("0123456789ABCDEF".utf8)

  private static func decode(_ text: Substring) -> String {
    let bytes = Array(text.utf8)
    var decoded: [UInt8] = []
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if byte == UInt8(ascii: "%"), place + 1 < bytes.count,
        let high = Character(UnicodeScalar(bytes[place])).hexDigitValue,
        let low = Character(UnicodeScalar(bytes[place + 1])).hexDigitValue
      {
        decoded.append(UInt8(high << 4 | low))
        place += 2
      } else {
        decoded.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}
