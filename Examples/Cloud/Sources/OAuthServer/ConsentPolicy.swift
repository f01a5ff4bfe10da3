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

  /// A person's name towards a client, which should be the same each time; not called for people who refused.
  func subjectIdentifier(of subject: String, clientID: String) async throws -> String
}

extension ConsentPolicy {
  /// Reads nothing.
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

  /// The subject itself.
  public func subjectIdentifier(of subject: String, clientID: String) async throws -> String { subject }
}

/// A consent policy that adds nothing.
public struct PlainConsentPolicy: ConsentPolicy {
  /// Creates the policy.
  public init() {}
}

/// The people who may log in.
public protocol AccountDirectory: Sendable {
  /// The subject identifier of the person with this name and password; nil when they do not match.
  func subject(user: String, password: String) async throws -> String?
}
