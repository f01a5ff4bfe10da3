import Crypto
import Foundation
import TextEncodings

/// The SHA-256 of something that is not kept itself.
public struct Fingerprint: Hashable, Sendable {
  /// The 32 bytes.
  public let bytes: Data

  /// Digests text: a session identifier, a ticket, a claim code.
  public init(of secret: String) { self.init(of: Array(secret.utf8)) }

  /// Digests bytes.
  public init(of bytes: [UInt8]) { self.bytes = Data(SHA256.hash(data: bytes)) }

  /// Takes a digest as it was stored.
  public init(stored bytes: Data) { self.bytes = bytes }

  /// Reads 64 hexadecimal digits.
  public init?(hexadecimal text: String) {
    let digits = text.utf8.map { byte -> UInt8? in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
      default: nil
      }
    }
    guard digits.count == 64 else { return nil }
    var bytes = Data()
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// 64 hexadecimal digits.
  public var hexadecimal: String { TextEncodings.hexadecimal(bytes) }
}
