import Foundation

extension AuthorizationServer {
  /// Revokes a token (RFC 7009); an unknown token is no error.
  ///
  /// A refresh token takes its whole family with it. An access token goes alone, unless the policy says otherwise.
  public func revoke(_ form: FormParameters, authorization: String?) async throws {
    if let name = form.repeated.first { throw OAuthError.repeated(name) }
    let client = try await authenticate(form, authorization: authorization)
    guard let presented = form["token"] else { throw OAuthError.missing("token") }
    let digest = SecretDigest(presented)
    if let token = try await storage.refreshToken(digest) {
      guard token.clientID == client.id else { throw Self.notYours }
      try await storage.revokeGrant(id: token.grantID, at: now())
    } else if let token = try await storage.accessToken(digest) {
      guard try await storage.grant(id: token.grantID)?.clientID == client.id else { throw Self.notYours }
      if policy.accessTokenRevokesGrant {
        try await storage.revokeGrant(id: token.grantID, at: now())
      } else {
        try await storage.removeAccessToken(digest)
      }
    }
  }

  /// Kills the family of an access token, expired or not; nothing happens when it is unknown, dead already, or another
  /// client's.
  public func revokeGrant(ofAccessToken accessToken: String, clientID: String) async throws {
    guard let token = try await storage.accessToken(SecretDigest(accessToken)),
      try await storage.grant(id: token.grantID)?.clientID == clientID
    else { return }
    try await storage.revokeGrant(id: token.grantID, at: now())
  }

  private static let notYours = OAuthError(
    .invalidGrant, .invalid(parameter: "token"), "The token was issued to another client.")
}
