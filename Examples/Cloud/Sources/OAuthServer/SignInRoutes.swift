import Foundation
import HTTPTypes
import Hummingbird

/// The login that both the authorization endpoint and the code page begin with.
extension OAuthRoutes {
  /// What a page does next.
  enum SignIn {
    /// Somebody is logged in.
    case done(subject: String, session: BrowserSession, sessionID: String)
    /// Send this answer: the login page, or the way back to the page after a login.
    case answer(Response)
  }

  /// Finds out who is logged in, for a page that is being shown.
  func signedIn(_ request: Request, purpose: String) async throws -> SignIn {
    guard let (id, session) = try await sessions.session(of: request) else {
      let (session, cookie) = try await sessions.start(subject: nil)
      var response = signInPage(request, session, purpose: purpose)
      response.setCookie(cookie)
      return .answer(response)
    }
    guard let subject = session.subject else { return .answer(signInPage(request, session, purpose: purpose)) }
    return .done(subject: subject, session: session, sessionID: id)
  }

  /// Finds out who is logged in, for a form that was posted; the login form itself is handled here.
  func signedIn(_ request: Request, form: FormParameters, purpose: String) async throws -> SignIn {
    guard let (id, session) = try await sessions.session(of: request) else { return .answer(staleForm) }
    guard let password = form["password"] else {
      guard let subject = session.subject else { return .answer(staleForm) }
      return .done(subject: subject, session: session, sessionID: id)
    }
    guard BrowserSessions.accepts(form["csrf"], session, for: "sign-in") else { return .answer(staleForm) }
    let now = server.now()
    guard passwordGuesses.allowsAttempt(at: now, limit: 20) else {
      return .answer(
        signInPage(
          request, session, purpose: purpose, problem: "Too many tries. Wait a minute.", status: .tooManyRequests))
    }
    guard let subject = try await accounts.subject(user: form["user"] ?? "", password: password) else {
      passwordGuesses.noteFailure(at: now)
      return .answer(
        signInPage(
          request, session, purpose: purpose, problem: "The name and the password do not belong together.",
          status: .forbidden))
    }
    // A new identifier, so that a session planted before the login is worth nothing after it.
    try await sessions.end(id: id)
    let (_, cookie) = try await sessions.start(subject: subject)
    var response = PageLibrary.redirect(to: request.uri.string)
    response.setCookie(cookie)
    return .answer(response)
  }

  private func signInPage(
    _ request: Request, _ session: BrowserSession, purpose: String, problem: String? = nil,
    status: HTTPResponse.Status = .ok
  ) -> Response {
    var values: [String: Any] = [
      "action": request.uri.string, "purpose": purpose,
      "csrf": BrowserSessions.formToken(session, for: "sign-in"),
    ]
    if let problem { values["problem"] = problem }
    return pages.page("sign-in", title: "Sign in", values, status: status)
  }

  /// The answer to a form without a session or with a foreign token.
  var staleForm: Response {
    pages.message(
      "This form is no longer valid, or it came from another site. Go back to where you started and try again.",
      title: "Start again", status: .badRequest)
  }
}
