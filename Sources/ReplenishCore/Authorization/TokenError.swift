/// Why the token endpoint, or the code pair endpoint, gave nothing (RFC 6749 section 5.2, RFC 8628 section 3.5).
public enum TokenError: Error, Equatable {
  /// `invalid_grant`: the code or refresh token is used, expired, revoked or another client's. After a *refresh*, and
  /// only then, this ends the link.
  case invalidGrant(ServiceText)
  /// `invalid_client`, or Amazon's `InvalidValue`: the client id is not known.
  case invalidClient(ServiceText)
  /// `invalid_request`: the request is not as it must be; also what a client id of the wrong kind gets.
  case invalidRequest(ServiceText)
  /// `unauthorized_client`: the client id may not do this.
  case unauthorizedClient(ServiceText)
  /// `unsupported_grant_type`.
  case unsupportedGrantType(ServiceText)
  /// `invalid_scope`.
  case invalidScope(ServiceText)
  /// `authorization_pending`: the person has not finished yet; ask again after the interval.
  case authorizationPending
  /// `slow_down`: as pending, and the interval grows.
  case slowDown
  /// `invalid_code_pair`: the code pair is wrong or expired; begin with a new one.
  case invalidCodePair
  /// `expired_token`: the device code ran out (RFC 8628; not seen from Amazon).
  case expiredToken
  /// `access_denied`: the person refused (RFC 8628; not seen from Amazon).
  case accessDenied
  /// The service could not answer now: 5xx, 408, 429, an unexpected status, or `ServerError`. `retryAfter` in seconds.
  case server(status: Int, retryAfter: Int?)
  /// What came is no answer of this service; the text says where it is wrong. Nothing of it may be used.
  case malformed(String)
  /// A well-formed error with a word that is not known here.
  case other(error: ServiceText, ServiceText)

  /// Whether the same request may succeed later, without anybody's doing.
  public var isRetryable: Bool {
    switch self {
    case .server, .malformed, .authorizationPending, .slowDown: return true
    default: return false
    }
  }

  /// Whether the same request can never succeed.
  public var isFinal: Bool { !isRetryable }
}
