/// Why the token endpoint, or the code pair endpoint, gave nothing (RFC 6749 section 5.2, RFC 8628 section 3.5).
public indirect enum TokenError: Error, Equatable {
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
  /// The service could not answer now: 5xx, 408, 429 or `ServerError`. `retryAfter` in seconds.
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

  /// What was wrong and what to do, in a sentence for a person. Never holds a secret.
  public var explanation: String {
    switch self {
    case .invalidGrant(let said):
      return composed("Amazon does not accept the code or refresh token any more\(quote(said)); link the device again")
    case .invalidClient(let said):
      return composed("Amazon does not know the client id\(quote(said)); compare it with the security profile")
    case .invalidRequest(let said):
      return composed(
        "Amazon did not understand the request\(quote(said)); use a client id for other devices and platforms or for mobile apps, not one for the web"
      )
    case .unauthorizedClient(let said):
      return composed("the client id may not do this\(quote(said)); enable it in the security profile")
    case .unsupportedGrantType(let said):
      return composed("Amazon does not support this grant for the client id\(quote(said)); check the security profile")
    case .invalidScope(let said):
      return composed(
        "Amazon does not grant the scope\(quote(said)); enable Dash Replenishment for the security profile")
    case .authorizationPending: return "the code has not been entered yet"
    case .slowDown: return "Amazon asks the device to wait longer between questions"
    case .invalidCodePair: return "the code is wrong or has run out; begin linking again"
    case .expiredToken: return "the code has run out; begin linking again"
    case .accessDenied: return "the account's owner refused; begin linking again if that was a mistake"
    case .server(let status, _):
      return composed("Amazon could not answer now, status \(status); the device tries again by itself")
    case .malformed(let place):
      return composed("what came is no answer of Login with Amazon: \(place); the device tries again by itself")
    case .other(let error, let said): return composed("Amazon refused with the error \(error.text)\(quote(said))")
    }
  }

  private func quote(_ said: ServiceText) -> Wording { said.text.isEmpty ? "" : " (it says: \(said.text))" }
}
