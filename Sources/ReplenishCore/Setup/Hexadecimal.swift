/// Bytes as hexadecimal digits, in the records of the setup protocol.
enum Hexadecimal {
  /// Two capital digits for each byte.
  static func capitals(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digit(byte >> 4, letters: UInt8(ascii: "A")))
      text.append(digit(byte & 15, letters: UInt8(ascii: "A")))
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Two small digits for each byte of a secret.
  static func encode(_ secret: Secret) -> Secret {
    var builder = SecretBuilder(capacity: secret.count * 2)
    secret.withBytes { bytes in
      for byte in bytes {
        builder.append(digit(byte >> 4, letters: UInt8(ascii: "a")))
        builder.append(digit(byte & 15, letters: UInt8(ascii: "a")))
      }
    }
    return builder.finish()
  }

  /// The bytes that digits, capital or small, stand for; nil for an odd count or any other character.
  static func decode(_ text: Secret) -> Secret? {
    guard text.count % 2 == 0 else { return nil }
    var isWhole = true
    let decoded = text.withBytes { digits in
      Secret(count: digits.count / 2) { bytes in
        for index in bytes.indices {
          guard let high = value(digits[2 * index]), let low = value(digits[2 * index + 1]) else {
            isWhole = false
            return
          }
          bytes[index] = high << 4 | low
        }
      }
    }
    return isWhole ? decoded : nil
  }

  private static func digit(_ value: UInt8, letters: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : letters + value - 10
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
