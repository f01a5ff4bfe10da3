import Crypto
import Foundation
import OAuthServer

/// Login with Amazon's own names, texts and token shapes.
enum LWA {
  /// The error header that goes with `invalid_request`.
  static let invalidRequestType = "OA2InvalidRequestException:http://internal.amazon.com/coral/com.amazon.panda/"

  /// LWA's dialect of OAuth.
  static var dialect: OAuthDialect {
    var dialect = OAuthDialect()
    dialect.deviceGrantTypes = ["device_code"]
    dialect.deviceResponseType = "device_code"
    dialect.pollsCarryUserCode = true
    dialect.tokenType = "bearer"
    dialect.redirectsWithScope = true
    dialect.answersWithScope = false
    dialect.render = render
    return dialect
  }

  /// The texts that were seen in the wild; where none was, the plain sentence of the rule stands.
  @Sendable
  private static func render(_ error: OAuthError) -> (status: Int, error: String, description: String) {
    switch (error.code, error.cause) {
    case (_, .missing(let name)):
      (400, "invalid_request", "The request is missing a required parameter : \(name)")
    case (_, .missingClientSecret):
      (400, "invalid_request", "The request is missing a required parameter : client_secret")
    case (.invalidClient, _):
      (401, "invalid_client", "Client authentication failed")
    case (_, .invalidCodePair):
      (400, "invalid_code_pair", error.description)
    case (.invalidGrant, .invalid(let name)):
      (400, "invalid_grant", "The request has an invalid grant parameter : \(name)")
    default:
      (400, error.code.rawValue, error.description)
    }
  }

  /// Tokens with LWA's prefixes and lengths.
  static var mint: TokenMint {
    TokenMint(
      accessToken: { "Atza|" + randomText(bytes: 276) },
      refreshToken: { "Atzr|" + randomText(bytes: 276) },
      // LWA's codes have twenty characters, a little under the 128 bits that RFC 6749 asks for.
      authorizationCode: { "AN" + alphanumeric(18) },
      deviceCode: { UUID().uuidString.lowercased() })
  }

  private static func alphanumeric(_ count: Int) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    var random = SystemRandomNumberGenerator()
    return String((0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] })
  }

  /// A stable identifier out of capital letters and digits.
  static func identifier(from text: String, length: Int) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    return String(SHA256.hash(data: Data(text.utf8)).prefix(length).map { alphabet[Int($0) & 31] })
  }
}
