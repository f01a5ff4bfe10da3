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
  /// Whether the PKCE method `plain` is accepted; RFC 9700 section 2.1.1 prefers S256, so it is off by default.
  public var allowsPlainChallenge = false
  /// How many wrong user codes one minute may see before the code page refuses to look (RFC 8628 section 5.1).
  public var userCodeGuessesPerMinute = 10

  /// Creates the default policy.
  public init() {}
}

/// The words in which a server speaks OAuth: a dialect changes names and texts, never the rules.
public struct OAuthDialect: Sendable {
  /// The `grant_type` values that mean the device grant.
  public var deviceGrantTypes: Set<String> = ["urn:ietf:params:oauth:grant-type:device_code"]
  /// The `response_type` that a device authorization request must carry; nil when it carries none.
  public var deviceResponseType: String?
  /// Whether polls come without `client_id` but with the `user_code`.
  public var pollsCarryUserCode = false
  /// The `token_type` of answers.
  public var tokenType = "Bearer"
  /// Whether the redirect also carries the granted `scope`.
  public var redirectsWithScope = false
  /// Whether token answers name their `scope`.
  public var answersWithScope = true
  /// Turns a refusal into the status, code and text of a JSON answer.
  public var render: @Sendable (OAuthError) -> (status: Int, error: String, description: String) = { error in
    (error.code == .invalidClient ? 401 : 400, error.code.rawValue, error.description)
  }

  /// Creates the dialect of the RFCs.
  public init() {}
}

/// What an authorization request asks for besides its scope.
public struct AuthorizationDetails: Sendable {
  /// Lines that the consent page shows to the person.
  public var lines: [String]
  /// What the program around this library needs to remember until the person decides; never shown.
  public var data: String?

  /// Creates details.
  public init(lines: [String] = [], data: String? = nil) {
    self.lines = lines
    self.data = data
  }
}

/// What the program around this library decides about requests and decisions.
public protocol ConsentPolicy: Sendable {
  /// Reads further parameters of an authorization request; throws an `OAuthError` to refuse it.
  func details(of parameters: FormParameters, scope: Scope, client: OAuthClient) async throws -> AuthorizationDetails

  /// Called once the person allowed a request; returns what the new grant is about.
  func resource(for details: AuthorizationDetails, subject: String, client: OAuthClient) async throws -> String?
}

/// A consent policy that adds nothing.
public struct PlainConsentPolicy: ConsentPolicy {
  /// Creates the policy.
  public init() {}

  /// Finds nothing to read.
  public func details(
    of parameters: FormParameters, scope: Scope, client: OAuthClient
  ) async throws -> AuthorizationDetails {
    AuthorizationDetails()
  }

  /// Ties the grant to nothing.
  public func resource(
    for details: AuthorizationDetails, subject: String, client: OAuthClient
  ) async throws -> String? {
    nil
  }
}

/// The people who may log in.
public protocol AccountDirectory: Sendable {
  /// The subject identifier of the person with this name and password; nil when they do not match.
  func subject(user: String, password: String) async throws -> String?
}
