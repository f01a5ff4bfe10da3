/// A refusal of the authorization server, in the terms of RFC 6749, 7009 and 8628.
///
/// The text never repeats a secret: it names parameters, not their values.
public struct OAuthError: Error, Equatable, Sendable {
  /// The `error` codes of RFC 6749 sections 4.1.2.1 and 5.2, and RFC 8628 section 3.5.
  public enum Code: String, Sendable {
    /// A parameter is missing, repeated or malformed.
    case invalidRequest = "invalid_request"
    /// The client is unknown or did not prove itself.
    case invalidClient = "invalid_client"
    /// A code or refresh token is wrong, expired, used, revoked or another client's.
    case invalidGrant = "invalid_grant"
    /// This client may not use this grant.
    case unauthorizedClient = "unauthorized_client"
    /// The grant type is not known here.
    case unsupportedGrantType = "unsupported_grant_type"
    /// The response type is not known here.
    case unsupportedResponseType = "unsupported_response_type"
    /// The scope is unknown, malformed or more than was granted.
    case invalidScope = "invalid_scope"
    /// The person refused.
    case accessDenied = "access_denied"
    /// Device grant: the person has not decided yet.
    case authorizationPending = "authorization_pending"
    /// Device grant: the device polls too fast; it must add five seconds to its interval.
    case slowDown = "slow_down"
    /// Device grant: the device code ran out.
    case expiredToken = "expired_token"
    /// The server failed; used in redirects, where no status can be sent (RFC 6749 section 4.1.2.1).
    case serverError = "server_error"
    /// Not now, whatever it is. The token endpoint has no such code of its own in RFC 6749; here it goes with status 429
    /// (RFC 6585 section 4), and is never taken for the end of a grant.
    case temporarilyUnavailable = "temporarily_unavailable"
  }

  /// What exactly was wrong, so that a dialect can say it in its own words.
  public enum Cause: Equatable, Sendable {
    /// A required parameter is absent.
    case missing(parameter: String)
    /// A parameter appears twice.
    case repeated(parameter: String)
    /// A parameter is malformed, unknown, used up or not this client's.
    case invalid(parameter: String)
    /// A confidential client came without its secret.
    case missingClientSecret
    /// Unknown client, wrong secret, or two ways of authenticating at once.
    case clientAuthentication
    /// The device grant's code pair is unknown or used up.
    case invalidCodePair
    /// Nothing to add to the code.
    case other
  }

  /// The `error` member of the answer.
  public var code: Code
  /// What was wrong.
  public var cause: Cause
  /// One plain sentence for `error_description`: what is wrong and what to do.
  public var description: String

  /// Creates a refusal.
  public init(_ code: Code, _ cause: Cause = .other, _ description: String) {
    self.code = code
    self.cause = cause
    self.description = description
  }

  static func missing(_ name: String) -> OAuthError {
    OAuthError(.invalidRequest, .missing(parameter: name), "The parameter \(name) is missing; send it.")
  }

  static func repeated(_ name: String) -> OAuthError {
    OAuthError(.invalidRequest, .repeated(parameter: name), "The parameter \(name) appears twice; send it once.")
  }
}
