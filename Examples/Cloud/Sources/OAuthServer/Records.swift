import Foundation

/// One decision of one person for one client: all codes and tokens that come from it are one family.
public struct Grant: Sendable, Equatable, Identifiable {
  /// Identifies the grant.
  public var id: String
  /// The client that was allowed.
  public var clientID: String
  /// The person who allowed it.
  public var subject: String
  /// The person's name towards the client; the same as `subject` unless `ConsentPolicy` says otherwise.
  public var subjectIdentifier: String
  /// What was allowed.
  public var scope: Scope
  /// What the grant is about, in the words of the program around this library (a device registration, say).
  public var resource: String?
  /// When the person decided.
  public var createdAt: Date
  /// When a token of it was issued or shown last, not to the second (see `ServerPolicy.useResolution`).
  public var lastUsedAt: Date
  /// Set once the family is dead.
  public var revokedAt: Date?

  /// Creates a grant as it was stored.
  public init(
    id: String, clientID: String, subject: String, subjectIdentifier: String, scope: Scope, resource: String?,
    createdAt: Date, lastUsedAt: Date, revokedAt: Date?
  ) {
    self.id = id
    self.clientID = clientID
    self.subject = subject
    self.subjectIdentifier = subjectIdentifier
    self.scope = scope
    self.resource = resource
    self.createdAt = createdAt
    self.lastUsedAt = lastUsedAt
    self.revokedAt = revokedAt
  }
}

/// An authorization code as stored.
public struct AuthorizationCode: Sendable {
  /// The family it belongs to.
  public var grantID: Grant.ID
  /// The client it was issued to.
  public var clientID: String
  /// The `redirect_uri` of the authorization request, nil if that had none.
  public var redirectURI: String?
  /// The PKCE challenge of the authorization request.
  public var challenge: CodeChallenge?
  /// When it dies.
  public var expiresAt: Date

  /// Creates a code as it was stored.
  public init(
    grantID: Grant.ID, clientID: String, redirectURI: String?, challenge: CodeChallenge?, expiresAt: Date
  ) {
    self.grantID = grantID
    self.clientID = clientID
    self.redirectURI = redirectURI
    self.challenge = challenge
    self.expiresAt = expiresAt
  }
}

/// An access token as stored.
public struct AccessToken: Sendable {
  /// The family it belongs to.
  public var grantID: Grant.ID
  /// What it allows: the grant's scope or less.
  public var scope: Scope
  /// When it dies.
  public var expiresAt: Date

  /// Creates a token as it was stored.
  public init(grantID: Grant.ID, scope: Scope, expiresAt: Date) {
    self.grantID = grantID
    self.scope = scope
    self.expiresAt = expiresAt
  }
}

/// A refresh token as stored.
public struct RefreshToken: Sendable {
  /// The family it belongs to.
  public var grantID: Grant.ID
  /// The client it was issued to.
  public var clientID: String
  /// The token it followed, where rotation gave it to the client.
  public var predecessor: SecretDigest?
  /// Set once the client has a successor.
  public var replacedAt: Date?

  /// Creates a token as it was stored.
  public init(grantID: Grant.ID, clientID: String, predecessor: SecretDigest? = nil, replacedAt: Date? = nil) {
    self.grantID = grantID
    self.clientID = clientID
    self.predecessor = predecessor
    self.replacedAt = replacedAt
  }
}

/// A device authorization in progress (RFC 8628).
public struct DeviceAuthorization: Sendable {
  /// What the person decided.
  public enum Decision: Sendable {
    /// Nothing yet.
    case pending
    /// Allowed: the family to issue from.
    case allowed(Grant.ID)
    /// Refused.
    case denied
    /// Tokens were issued; the pair is used up.
    case redeemed
  }

  /// The client that started it.
  public var clientID: String
  /// The code the person types, in the form that was shown.
  public var userCode: String
  /// What is asked for.
  public var scope: Scope
  /// Further words of the request that the program around this library understands.
  public var details: AuthorizationDetails
  /// When the pair dies.
  public var expiresAt: Date
  /// Seconds the device must wait between two polls; grows when it does not.
  public var interval: Int
  /// When the device polled last.
  public var lastPoll: Date?
  /// What the person decided.
  public var decision: Decision
}

/// A person's browser session on the authorization server.
public struct BrowserSession: Sendable {
  /// The person, nil before the login.
  public var subject: String?
  /// Binds the forms to this session against cross-site posts.
  public var formKey: String
  /// When it dies.
  public var expiresAt: Date
}
