import Crypto
import Foundation

/// Draws the random strings that the server hands out.
///
/// Every string carries at least 128 bits from the system's generator (RFC 6749 section 10.10).
public struct TokenMint: Sendable {
  /// Draws an access token.
  public var accessToken: @Sendable () -> String
  /// Draws a refresh token.
  public var refreshToken: @Sendable () -> String
  /// Draws an authorization code.
  public var authorizationCode: @Sendable () -> String
  /// Draws a device code.
  public var deviceCode: @Sendable () -> String

  /// Creates a mint from four sources; the defaults are opaque base64url strings of 256 bits.
  public init(
    accessToken: @escaping @Sendable () -> String = { randomText(bytes: 32) },
    refreshToken: @escaping @Sendable () -> String = { randomText(bytes: 32) },
    authorizationCode: @escaping @Sendable () -> String = { randomText(bytes: 32) },
    deviceCode: @escaping @Sendable () -> String = { randomText(bytes: 32) }
  ) {
    self.accessToken = accessToken
    self.refreshToken = refreshToken
    self.authorizationCode = authorizationCode
    self.deviceCode = deviceCode
  }

  /// A code that a person types: eight consonants as `BCDF-GHJK`, about 34 bits (RFC 8628 section 6.1).
  static func userCode() -> String {
    let alphabet = Array("BCDFGHJKLMNPQRSTVWXZ")
    var random = SystemRandomNumberGenerator()
    var letters = (0..<8).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
    letters.insert("-", at: 4)
    return String(letters)
  }
}

/// Random bytes of the system's generator as base64url text.
public func randomText(bytes count: Int) -> String {
  var random = SystemRandomNumberGenerator()
  return base64URL((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
}

/// The SHA-256 of a secret string: what the storage keeps instead of codes and tokens.
public struct SecretDigest: Hashable, Sendable {
  /// The 32 bytes.
  public let bytes: [UInt8]

  /// Digests a code, token or session identifier.
  public init(_ secret: String) {
    bytes = Array(SHA256.hash(data: Data(secret.utf8)))
  }

  /// Takes a digest as it was stored.
  public init(stored bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
}
