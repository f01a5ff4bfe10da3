import Foundation

extension AuthorizationServer {
  /// Revokes a token (RFC 7009); an unknown token is no error.
  ///
  /// A refresh token takes its whole family with it. An access token goes alone.
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
      try await storage.removeAccessToken(digest)
    }
  }

  /// Kills every family about a resource; returns how many were alive.
  @discardableResult
  public func revokeGrants(resource: String) async throws -> Int {
    let living = try await storage.grants(resource: resource).filter { $0.revokedAt == nil }
    for grant in living { try await storage.revokeGrant(id: grant.id, at: now()) }
    return living.count
  }

  private static let notYours = OAuthError(
    .invalidGrant, .invalid(parameter: "token"), "The token was issued to another client.")
}
