/// Reads the answers of the token endpoint (RFC 6749 sections 5.1 and 5.2).
public enum TokenAnswer {
  /// The tokens of a success; every other answer is thrown.
  ///
  /// The refresh token is nil where the answer has none. After a refresh the old one stays good; after the redemption
  /// of a code the link must fail then, as nothing lasting was given.
  public static func read(_ answer: HTTPAnswer) throws(TokenError) -> Tokens {
    guard answer.status == 200 else { throw failure(answer) }
    do throws(AnswerFault) {
      let object = try AnswerReader.object(answer)
      let type = try AnswerReader.text(object, "token_type", limit: 16)
      guard ASCII.matches(type.bytes, "bearer") else { throw AnswerFault("token_type", "is not bearer") }
      return Tokens(
        accessToken: try AnswerReader.secret(object, "access_token", limit: Tokens.longestToken),
        refreshToken: try AnswerReader.optionalSecret(object, "refresh_token", limit: Tokens.longestToken),
        tokenType: type,
        expiresIn: try AnswerReader.seconds(object, "expires_in", limit: Tokens.longestLife))
    } catch {
      throw .malformed(error.text)
    }
  }

  /// What an answer that is no success means.
  ///
  /// Only a 4xx with a JSON object whose `error` is a known word is taken at its word. In particular nothing short of
  /// that is `invalid_grant`, which costs the owner the link.
  static func failure(_ answer: HTTPAnswer) -> TokenError {
    if answer.status >= 500 { return server(answer) }
    guard answer.status >= 400 else {
      return .malformed(composed("the status is \(answer.status), neither success nor error"))
    }
    do throws(AnswerFault) {
      let object = try AnswerReader.object(answer)
      guard let word = object["error"]?.utf8 else { throw AnswerFault("error", "is missing or not a string") }
      let description = ServiceText(object["error_description"]?.utf8 ?? [])
      return meaning(of: word, description) ?? server(answer)
    } catch {
      if answer.status == 429 || answer.status == 408 { return server(answer) }
      return .malformed(composed("status \(answer.status): \(error.text)"))
    }
  }

  /// The error of a word; nil for the words by which Amazon says that its server failed. Case does not count, because
  /// Amazon's own pages and clients do not agree on it.
  private static func meaning(of word: [UInt8], _ description: ServiceText) -> TokenError? {
    if ASCII.matches(word, "invalid_grant") { return .invalidGrant(description) }
    if ASCII.matches(word, "invalid_client") || ASCII.matches(word, "InvalidValue") {
      return .invalidClient(description)
    }
    if ASCII.matches(word, "invalid_request") { return .invalidRequest(description) }
    if ASCII.matches(word, "unauthorized_client") { return .unauthorizedClient(description) }
    if ASCII.matches(word, "unsupported_grant_type") { return .unsupportedGrantType(description) }
    if ASCII.matches(word, "invalid_scope") { return .invalidScope(description) }
    if ASCII.matches(word, "authorization_pending") { return .authorizationPending }
    if ASCII.matches(word, "slow_down") { return .slowDown }
    if ASCII.matches(word, "invalid_code_pair") { return .invalidCodePair }
    if ASCII.matches(word, "expired_token") { return .expiredToken }
    if ASCII.matches(word, "access_denied") { return .accessDenied }
    if ASCII.matches(word, "ServerError") || ASCII.matches(word, "server_error") { return nil }
    return .other(error: ServiceText(word), description)
  }

  private static func server(_ answer: HTTPAnswer) -> TokenError {
    .server(status: answer.status, retryAfter: RetryAfter.bounded(answer.retryAfter))
  }
}
