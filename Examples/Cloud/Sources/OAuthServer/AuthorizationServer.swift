import Foundation
import Synchronization

/// The rules of an OAuth 2.0 authorization server, without HTTP.
///
/// The routes of `OAuthRoutes` carry these calls over HTTP; a test can make them directly. State lives in the storage,
/// time comes from `now`, so two servers on one storage behave as one.
public final class AuthorizationServer: Sendable {
  /// Where the state lives.
  public let storage: any AuthorizationStorage
  /// Where device authorizations live; nil where there is no device grant.
  let devices: (any DeviceAuthorizationStorage)?
  /// The server's own name, sent with every authorization response (RFC 9207); nil where it is not.
  public let issuer: (@Sendable () -> String)?
  /// The present moment.
  public let now: @Sendable () -> Date
  /// The dialect spoken.
  public let dialect: OAuthDialect
  let mint: TokenMint
  let consent: any ConsentPolicy
  private let currentPolicy: Mutex<ServerPolicy>

  /// Creates a server.
  public init(
    storage: any AuthorizationStorage,
    devices: (any DeviceAuthorizationStorage)? = nil,
    issuer: (@Sendable () -> String)? = nil,
    policy: ServerPolicy = ServerPolicy(),
    dialect: OAuthDialect = OAuthDialect(),
    mint: TokenMint = TokenMint(),
    consent: any ConsentPolicy = PlainConsentPolicy(),
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.storage = storage
    self.devices = devices
    self.issuer = issuer
    self.dialect = dialect
    self.mint = mint
    self.consent = consent
    self.now = now
    currentPolicy = Mutex(policy)
  }

  /// The numbers and switches in force; they may be changed while the server runs.
  public var policy: ServerPolicy {
    get { currentPolicy.withLock { $0 } }
    set { currentPolicy.withLock { $0 = newValue } }
  }

  /// Creates a family for a person's decision.
  func makeGrant(
    clientID: String, subject: String, scope: Scope, resource: String?
  ) async throws -> Grant {
    let now = now()
    let grant = Grant(
      id: randomText(bytes: 16), clientID: clientID, subject: subject,
      subjectIdentifier: try await consent.subjectIdentifier(of: subject, clientID: clientID), scope: scope,
      resource: resource, createdAt: now, lastUsedAt: now, revokedAt: nil)
    try await storage.insert(grant)
    return grant
  }

  /// The family with this identifier if it is alive.
  func livingGrant(id: Grant.ID) async throws -> Grant? {
    guard let grant = try await storage.grant(id: id), grant.revokedAt == nil else { return nil }
    return grant
  }

  /// Notes that a family is used, unless that was noted a moment ago.
  func noteUse(of grant: Grant) async throws {
    let now = now()
    guard now >= grant.lastUsedAt + policy.useResolution else { return }
    try await storage.noteUse(of: grant.id, at: now)
  }
}

/// A successful answer of the token endpoint (RFC 6749 section 5.1).
public struct TokenAnswer: Sendable {
  /// The access token.
  public var accessToken: String
  /// The refresh token.
  public var refreshToken: String
  /// Whole seconds until the access token dies.
  public var expiresIn: Int
  /// What it allows.
  public var scope: Scope
  /// The family it belongs to.
  public var grant: Grant
}
