import Foundation
import OAuthServer

/// The authorization server for owners: the rules of `OAuthServer`, on the cloud's database.
struct OwnerGrants: AccessGrants {
  let server: AuthorizationServer

  init(
    storage: any CloudStorage, issuer: @escaping @Sendable () -> String, now: @escaping @Sendable () -> Date
  ) {
    var policy = ServerPolicy()
    policy.rotation = .untilSuccessorUsed
    // Its refresh tokens are worth nothing without its secret; and who refreshes often loses an answer now and then.
    policy.confidentialRotation = .off
    // A connector that is told to forget a user has nothing but an access token.
    policy.accessTokenRevokesGrant = true
    server = AuthorizationServer(
      storage: storage, issuer: issuer, policy: policy,
      mint: TokenMint(accessToken: Self.drawAccessToken, refreshToken: { randomText(bytes: 36) }),
      consent: CloudConsent(storage: storage), now: now)
  }

  /// Where the endpoints are.
  static var paths: OAuthPaths {
    var paths = OAuthPaths()
    paths.introspect = "/introspect"
    paths.metadata = OAuthPaths.wellKnown
    return paths
  }

  /// An opaque string of 288 random bits.
  ///
  /// AWS IoT managed integrations asks that an access token be the base64 of UTF-8 text, so it is the base64 of 48
  /// letters: 64 characters, without padding.
  static func drawAccessToken() -> String { Data(randomText(bytes: 36).utf8).base64EncodedString() }

  func grant(accessToken: String) async throws -> AccessGrant? {
    guard let (grant, scope) = try await server.authorized(by: accessToken) else { return nil }
    return AccessGrant(
      id: grant.id, owner: grant.subject, clientID: grant.clientID, scope: Set(scope.words),
      userID: grant.subjectIdentifier)
  }

  func isStanding(_ grant: AccessGrant.ID) async throws -> Bool { try await server.storage.grant(id: grant) != nil }

  func revoke(grantOf accessToken: String, to client: String) async throws {
    try await server.revokeGrant(ofAccessToken: accessToken, clientID: client)
  }
}

/// Owners have another name towards each client, so that two clients cannot compare notes.
private struct CloudConsent: ConsentPolicy {
  let storage: any CloudStorage

  func subjectIdentifier(of subject: String, clientID: String) async throws -> String {
    guard let id = try await storage.userID(of: subject, towards: clientID) else { throw OAuthError.accountGone }
    return id
  }
}

extension OAuthError {
  /// The account was erased, or the client removed, while the owner was deciding.
  static let accountGone = OAuthError(.accessDenied, .other, "The account or the app is not there any more.")
}
