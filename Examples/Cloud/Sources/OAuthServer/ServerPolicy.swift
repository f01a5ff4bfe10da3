import Foundation

/// What happens to a refresh token when it is used (RFC 9700 section 4.14.2).
public enum RotationPolicy: Equatable, Sendable {
  /// The same refresh token comes back each time.
  case off
  /// Each use gives a successor; the replaced token still works for so many seconds, so that a client whose answer
  /// got lost is not unlinked. Used later than that, it kills the family.
  case grace(seconds: Double)
  /// Each use gives a successor; a second use of the replaced token kills the family.
  case strict
  /// Each use gives a successor; the old token works until a successor is first used, however late that is, since only
  /// then it is known that the answer arrived. Used after that, it kills the family.
  case untilSuccessorUsed
}

/// The numbers and switches of an authorization server.
public struct ServerPolicy: Sendable {
  /// Seconds an access token lives.
  public var accessTokenLifetime: Double = 3600
  /// Seconds an authorization code lives; RFC 6749 section 4.1.2 recommends ten minutes at most.
  public var authorizationCodeLifetime: Double = 300
  /// Seconds a device code lives.
  public var deviceCodeLifetime: Double = 600
  /// Seconds a device must wait between polls.
  public var devicePollInterval: Int = 5
  /// Seconds a browser stays logged in.
  public var sessionLifetime: Double = 3600
  /// What happens to a refresh token when it is used.
  public var rotation: RotationPolicy = .strict
  /// The same for confidential clients, whose refresh tokens are worth nothing without the secret; nil means `rotation`.
  public var confidentialRotation: RotationPolicy?
  /// Whether the revocation of an access token, expired or not, takes its whole family with it. RFC 7009 section 2.1
  /// leaves that to the server.
  public var accessTokenRevokesGrant = false
  /// Seconds by which a grant's `lastUsedAt` may lag behind, so that not every call writes.
  public var useResolution: Double = 60
  /// Whether the PKCE method `plain` is accepted; RFC 9700 section 2.1.1 prefers S256, so it is off by default.
  public var allowsPlainChallenge = false
  /// Whether a client with a secret may choose its port on the loopback interface too. RFC 8252 section 7.3 is about
  /// native apps only; a server for tests may be kinder, where ports are chosen at run time.
  public var confidentialMayVaryLoopbackPort = false
  /// How many wrong user codes one minute may see before the code page refuses to look (RFC 8628 section 5.1).
  public var userCodeGuessesPerMinute = 10

  /// Creates the default policy.
  public init() {}

  /// What happens to a refresh token of this client.
  func rotation(for client: OAuthClient) -> RotationPolicy {
    client.isConfidential ? confidentialRotation ?? rotation : rotation
  }
}
