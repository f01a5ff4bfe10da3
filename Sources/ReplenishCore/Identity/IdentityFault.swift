/// Why a text is no serial number or no model id.
public enum IdentityFault: Error, Equatable {
  /// It has no characters.
  case empty
  /// It has `count` bytes and may have `limit`.
  case tooLong(count: Int, limit: Int)
  /// The byte at `position`, counted from 1, is none of the allowed characters.
  case forbiddenByte(UInt8, position: Int)

  /// What is wrong, to stand after the name of the value and its place, `"the serial number in /data/serial "` say.
  public var explanation: String {
    switch self {
    case .empty: return "is empty"
    case .tooLong(let count, let limit): return composed("has \(count) characters; at most \(limit) are allowed")
    case .forbiddenByte(let byte, let position):
      return composed("has \(name(of: byte)) at position \(position), which is not allowed")
    }
  }

  private func name(of byte: UInt8) -> String {
    switch byte {
    case 0x0A, 0x0D: return "a line break"
    case 0x20: return "a space"
    case 0x21...0x7E: return composed("the character \(String(utf8: [byte]))")
    case 0x80...0xFF: return "a character that is not ASCII"
    default: return "a control character"
    }
  }

  /// Checks the bytes of a text against the longest length and the allowed characters.
  static func check(
    _ bytes: [UInt8], limit: Int, isAllowed: (UInt8) -> Bool
  ) throws(IdentityFault) {
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.count <= limit else { throw .tooLong(count: bytes.count, limit: limit) }
    for (index, byte) in bytes.enumerated() where !isAllowed(byte) {
      throw .forbiddenByte(byte, position: index + 1)
    }
  }
}
