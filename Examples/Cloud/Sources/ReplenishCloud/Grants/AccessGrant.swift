/// What an owner allowed a client of this cloud's authorization server (RFC 6749 1.3): "a connected app".
public struct AccessGrant: Sendable, Equatable, Identifiable {
  /// Random; all tokens of the grant live and die with it.
  public var id: String
  /// Who allowed it.
  public var owner: Owner.ID
  /// Whom.
  public var clientID: String
  /// What.
  public var scope: Set<String>
  /// The owner's name towards that client: stable, random, and telling nothing (`[A-Za-z0-9]`, at most 64 characters).
  public var userID: String
}

/// What the cloud's own interfaces ask of the authorization server.
public protocol AccessGrants: Sendable {
  /// The grant behind an access token that is alive; nil when it expired, was revoked, or never was one.
  func grant(accessToken: String) async throws -> AccessGrant?
  /// Whether a grant still stands: asked again before anything of its owner leaves.
  func isStanding(_ grant: AccessGrant.ID) async throws -> Bool
  /// Revokes the grant of a client's access token with all its tokens; an expired token still names it. What is unknown,
  /// revoked already, or another client's, is nothing to do (RFC 7009 2.1, 2.2).
  func revoke(grantOf accessToken: String, to client: String) async throws
}
