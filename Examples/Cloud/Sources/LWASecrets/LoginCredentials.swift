import Foundation

/// What Login with Amazon asks for when an access token is refreshed.
public struct LoginCredentials: Sendable, CustomStringConvertible {
  /// The client id of the security profile.
  public var clientID: String
  /// Its secret.
  public var clientSecret: String
  /// The token endpoint; nil where the configuration has none.
  public var tokenAddress: String?
  /// The scopes, separated by spaces; nil: those of the refresh token.
  public var scope: String?
  /// The refresh token.
  public var refreshToken: String

  /// The client id only.
  public var description: String { "LWA client \(clientID)" }

  init(clientID: String, clientSecret: String, tokenAddress: String?, scope: String?, refreshToken: String) {
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.tokenAddress = tokenAddress
    self.scope = scope
    self.refreshToken = refreshToken
  }

  /// Reads a secret's members, named as asp-cli names them.
  init(secret text: String, name: String) throws {
    guard let members = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] else {
      throw SecretsFailure(.configuration, "the secret \(name) is no JSON object of keys and values")
    }
    func required(_ key: String) throws -> String {
      guard let value = members[key] as? String, !value.isEmpty else {
        throw SecretsFailure(.configuration, "the secret \(name) lacks the key \(key), or its value is no text")
      }
      return value
    }
    let scope = (members["lwa-auth-scope"] as? String ?? "").split(whereSeparator: \.isWhitespace)
    self.init(
      clientID: try required("lwa-client-id"), clientSecret: try required("lwa-client-secret"),
      tokenAddress: try required("lwa-auth-url"), scope: scope.isEmpty ? nil : scope.joined(separator: " "),
      refreshToken: try required("lwa-refresh-token"))
    try check(in: "the secret \(name)", "lwa-client-id", "lwa-client-secret", "lwa-refresh-token")
  }

  /// Refuses what came with a line break, a space or a missing letter from a clipboard.
  func check(in place: String, _ id: String, _ secret: String, _ token: String) throws {
    for (value, key) in [(clientID, id), (clientSecret, secret), (refreshToken, token)]
    where !Self.isToken(value) {
      throw SecretsFailure(
        .configuration, "\(place): the value of \(key) has spaces or other characters, or is too long")
    }
  }

  /// Printable ASCII without spaces, 1 to 2048 characters, as LWA's tokens are.
  static func isToken(_ text: String) -> Bool {
    (1...2048).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
