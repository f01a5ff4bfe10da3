import Foundation

/// One decision of one person for one client: all codes and tokens that come from it are one family.
public struct Grant: Sendable, Identifiable {
  /// Identifies the grant.
  public var id: String
  /// The client that was allowed.
  public var clientID: String
  /// The person who allowed it.
  public var subject: String
  /// What was allowed.
  public var scope: Scope
  /// What the grant is about, in the words of the program around this library (a device registration, say).
  public var resource: String?
  /// When the person decided.
  public var createdAt: Date
  /// Set once the family is dead.
  public var revokedAt: Date?
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
}

/// An access token as stored.
public struct AccessToken: Sendable {
  /// The family it belongs to.
  public var grantID: Grant.ID
  /// What it allows: the grant's scope or less.
  public var scope: Scope
  /// When it dies.
  public var expiresAt: Date
}

/// A refresh token as stored.
public struct RefreshToken: Sendable {
  /// The family it belongs to.
  public var grantID: Grant.ID
  /// The client it was issued to.
  public var clientID: String
  /// Set once rotation gave the client a successor.
  public var replacedAt: Date?
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
