extension TokenError {
  /// Whether the grant is dead: a code used up, or a link ended by the owner at Amazon.
  var isInvalidGrant: Bool {
    if case .invalidGrant = self { return true }
    return false
  }
}

extension DashError {
  /// Whether the access token was refused, so that nothing was done.
  var isInvalidToken: Bool {
    if case .invalidToken = self { return true }
    return false
  }

  /// The seconds that the service asks to wait.
  var retryAfter: Int? {
    if case .server(_, let retryAfter, _) = self { return retryAfter }
    return nil
  }
}

extension Refusal.Code {
  /// The kind of refusal that an error of the service is.
  init(_ error: DashError) {
    switch error {
    case .malformed: self = .malformedAnswer
    case .notLinked: self = .notLinked
    default: self = .service
    }
  }
}

extension LinkFailure.Reason {
  /// The reason in a word, for the phone.
  init(_ error: TokenError) {
    switch error {
    case .invalidGrant, .expiredToken, .invalidCodePair, .accessDenied: self = .codeRefused
    case .invalidClient, .unauthorizedClient, .invalidRequest, .unsupportedGrantType, .invalidScope:
      self = .clientRefused
    case .server, .malformed, .authorizationPending, .slowDown, .other: self = .service
    }
  }
}
