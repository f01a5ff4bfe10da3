import Foundation

/// What a token allows now (RFC 7662 section 2.2).
public struct Introspection: Sendable {
  /// The family it belongs to.
  public var grant: Grant
  /// What it allows.
  public var scope: Scope
  /// When it dies.
  public var expiresAt: Date
}

extension AuthorizationServer {
  /// Says what an access token allows (RFC 7662); nil for one that is dead, unknown, or none of the client's business.
  ///
  /// Only access tokens are told of: a resource server that took a refresh token for one would let it in. A client
  /// without a secret learns nothing, since anybody could be it.
  public func introspect(_ form: FormParameters, authorization: String?) async throws -> Introspection? {
    if let name = form.repeated.first { throw OAuthError.repeated(name) }
    let client = try await authenticate(form, authorization: authorization)
    guard client.isConfidential else {
      throw OAuthError(.unauthorizedClient, .other, "Only a client with a secret may introspect tokens.")
    }
    guard let presented = form["token"] else { throw OAuthError.missing("token") }
    guard let token = try await storage.accessToken(SecretDigest(presented)), token.expiresAt > now(),
      let grant = try await livingGrant(id: token.grantID), client.mayIntrospect || grant.clientID == client.id
    else { return nil }
    try await noteUse(of: grant)
    return Introspection(grant: grant, scope: token.scope, expiresAt: token.expiresAt)
  }
}
