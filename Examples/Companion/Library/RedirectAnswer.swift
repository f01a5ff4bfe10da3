import ReplenishCore

/// What the redirect at the end of the authorization brings (RFC 6749, 4.1.2).
public struct RedirectAnswer {
  /// The authorization code.
  public let code: Secret

  /// Whether a URL is the redirect URI with an answer in its query.
  public static func isMeant(_ url: WebURL, for redirectURI: WebURL) -> Bool {
    url.hasOrigin(of: redirectURI) && url.path == redirectURI.path
  }

  /// Reads the answer and checks that it belongs to the request that carried `state`.
  public init(_ url: WebURL, state: String, redirectURI: WebURL) throws(LinkingFailure) {
    guard RedirectAnswer.isMeant(url, for: redirectURI) else {
      throw LinkingFailure(
        .notAuthorized, "that is not the address Amazon redirects to; it must begin with \(redirectURI.text)")
    }
    do throws(AuthorizationRedirectError) {
      code = try AuthorizationRedirect.code(in: url.text, state: state)
    } catch {
      throw LinkingFailure(.notAuthorized, RedirectAnswer.explanation(of: error))
    }
  }

  private static func explanation(of error: AuthorizationRedirectError) -> String {
    switch error {
    case .accessDenied:
      "you did not allow the device to order, so it is not linked. Begin again if you want to"
    case .other(let error, let description):
      "Amazon gave no authorization: \(error.text)\(description.text.isEmpty ? "" : " (\(description.text))")"
    case .stateMismatch:
      "the redirect does not carry the state of this request: it answers another one, or somebody forged it. "
        + "Begin again, and use the newest address only"
    case .malformed(let what):
      "the redirect is no answer: \(what). Begin again"
    }
  }
}
