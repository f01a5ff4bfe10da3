/// Hexadecimal digits (RFC 4648 section 8), small ones unless asked otherwise; both are read.
public enum Hex {
  /// The digits of bytes.
  public static func encode(_ bytes: [UInt8], capitals: Bool = false) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digit(byte >> 4, capitals))
      text.append(digit(byte & 15, capitals))
    }
    return String(utf8: text)
  }

  /// The digits of a secret, which are as secret.
  public static func encode(_ secret: Secret) -> Secret {
    var builder = SecretBuilder(capacity: secret.count * 2)
    secret.withBytes { bytes in
      for byte in bytes {
        builder.append(digit(byte >> 4, false))
        builder.append(digit(byte & 15, false))
      }
    }
    return builder.finish()
  }

  /// The bytes of digits; nil if these are none.
  public static func decode(_ text: [UInt8]) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: text.count / 2)
    let isWhole = text.withUnsafeBytes { text in
      bytes.withUnsafeMutableBytes { decode(text, into: $0) }
    }
    return isWhole ? bytes : nil
  }

  /// The bytes of secret digits; nil if these are none.
  public static func decode(_ text: Secret) -> Secret? {
    var isWhole = false
    let bytes = Secret(count: text.count / 2) { bytes in
      isWhole = text.withBytes { decode($0, into: bytes) }
    }
    return isWhole ? bytes : nil
  }

  private static func decode(_ text: UnsafeRawBufferPointer, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
    guard text.count == bytes.count * 2 else { return false }
    for index in bytes.indices {
      guard let high = value(text[2 * index]), let low = value(text[2 * index + 1]) else { return false }
      bytes[index] = high << 4 | low
    }
    return true
  }

  private static func digit(_ value: UInt8, _ capitals: Bool) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : (capitals ? UInt8(ascii: "A") : UInt8(ascii: "a")) + value - 10
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
