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
  init(secret document: String, name: String) throws {
    let members = try SecretMembers(document, name: name)
    let client = try LoginClient(document: document, name: name)
    let scope = (members["lwa-auth-scope"] ?? "").split(whereSeparator: \.isWhitespace)
    self.init(
      clientID: client.id, clientSecret: client.secret, tokenAddress: try members.required("lwa-auth-url"),
      scope: scope.isEmpty ? nil : scope.joined(separator: " "),
      refreshToken: try members.required("lwa-refresh-token"))
  }

  /// Printable ASCII without spaces, 1 to 2048 characters, as LWA's tokens are.
  static func isToken(_ text: String) -> Bool {
    (1...2048).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}
