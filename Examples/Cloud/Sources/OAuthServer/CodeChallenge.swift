import Crypto
import Foundation

/// A PKCE code challenge and the check of its verifier (RFC 7636).
public struct CodeChallenge: Equatable, Sendable {
  /// The two transformations of RFC 7636 section 4.2.
  public enum Method: String, Sendable {
    /// `base64url(SHA-256(verifier))`.
    case s256 = "S256"
    /// The verifier itself; it protects nothing once the authorization request leaks.
    case plain
  }

  /// How the challenge was derived.
  public var method: Method
  /// The challenge as sent.
  public var value: String

  /// Creates a challenge; nil when the value is not 43 to 128 unreserved characters.
  public init?(value: String, method: Method) {
    guard Self.isWellFormed(value), method == .plain || value.utf8.count == 43 else { return nil }
    self.value = value
    self.method = method
  }

  /// Whether the verifier belongs to this challenge (RFC 7636 section 4.6).
  public func accepts(verifier: String) -> Bool {
    guard Self.isWellFormed(verifier) else { return false }
    let derived =
      switch method {
      case .plain: verifier
      case .s256: base64URL(SHA256.hash(data: Data(verifier.utf8)))
      }
    return constantTimeEqual(Array(derived.utf8), Array(value.utf8))
  }

  /// 43 to 128 characters of `A-Z a-z 0-9 - . _ ~` (RFC 7636 section 4.1).
  public static func isWellFormed(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (43...128).contains(bytes.count) else { return false }
    return bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        true
      default: false
      }
    }
  }
}

/// Encodes bytes as base64url without padding (RFC 4648 section 5).
public func base64URL(_ bytes: some Sequence<UInt8>) -> String {
  String(
    Data(bytes).base64EncodedString().compactMap { character -> Character? in
      switch character {
      case "+": "-"
      case "/": "_"
      case "=": nil
      default: character
      }
    })
}
