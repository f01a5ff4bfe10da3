/// base64url without padding (RFC 4648 section 5), as PKCE wants it.
public enum Base64URL {
  private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

  /// The text of bytes that are not secret.
  public static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    bytes.withUnsafeBytes { encode($0) { text.append($0) } }
    return String(utf8: text)
  }

  /// The text of a secret, which is as secret.
  public static func encode(_ secret: Secret) -> Secret {
    let count = (secret.count * 4 + 2) / 3
    return Secret(count: count) { target in
      var used = 0
      secret.withBytes { bytes in
        encode(bytes) { character in
          target[used] = character
          used += 1
        }
      }
    }
  }

  /// The bytes of a text; nil if it has another character, padding, an impossible length, or bits set that no byte uses.
  public static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for character in text.bytes {
      guard let value = value(of: character) else { return nil }
      bits = (bits << 6 | value) & 0xFFFF
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    guard count < 6, bits & ((1 << UInt32(count)) - 1) == 0 else { return nil }
    return bytes
  }

  private static func encode(_ bytes: UnsafeRawBufferPointer, to put: (UInt8) -> Void) {
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in bytes {
      bits = (bits << 8 | UInt32(byte)) & 0xFFFF
      count += 8
      while count >= 6 {
        count -= 6
        put(alphabet.utf8Start[Int(bits >> count & 0x3F)])
      }
    }
    if count > 0 { put(alphabet.utf8Start[Int(bits << (6 - count) & 0x3F)]) }
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): return UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): return 62
    case UInt8(ascii: "_"): return 63
    default: return nil
    }
  }
}
