import Foundation
import HTTPTypes
import Hummingbird

/// The page where a person types the code that a device shows (RFC 8628 section 3.3).
extension OAuthRoutes {
  func showCode(_ request: Request, _ context: Context) async throws -> Response {
    switch try await signedIn(request, purpose: "to link a device") {
    case .answer(let response): return response
    case .done(let subject, let session, _):
      // A code in the address only fills in the form: the person compares it before anything happens.
      let parameters = FormParameters(urlEncoded: request.uri.query ?? "")
      return codePage(session, subject: subject, typed: parameters?["user_code"])
    }
  }

  func postCode(_ request: Request, _ context: Context) async throws -> Response {
    guard let form = try await form(request) else { return staleForm }
    switch try await signedIn(request, form: form, purpose: "to link a device") {
    case .answer(let response): return response
    case .done(let subject, let session, let sessionID):
      if form["decision"] == "sign-out" {
        guard BrowserSessions.accepts(form["csrf"], session, for: "consent code \(form["user_code"] ?? "")") else {
          return staleForm
        }
        try await sessions.end(id: sessionID)
        return PageLibrary.redirect(to: paths.code)
      }
      return try await look(form, subject: subject, session: session, context)
    }
  }

  private func look(
    _ form: FormParameters, subject: String, session: BrowserSession, _ context: Context
  ) async throws -> Response {
    let typed = form["user_code"] ?? ""
    let matter = form["decision"] == nil ? "code" : "consent code \(typed)"
    guard BrowserSessions.accepts(form["csrf"], session, for: matter) else { return staleForm }
    let now = server.now()
    guard codeGuesses.allowsAttempt(at: now, limit: server.policy.userCodeGuessesPerMinute) else {
      return codePage(
        session, subject: subject, typed: typed, problem: "Too many wrong codes. Wait a minute.",
        status: .tooManyRequests)
    }
    guard let pair = try await server.pendingDeviceAuthorization(typed: typed),
      let client = try await server.storage.client(id: pair.clientID)
    else {
      codeGuesses.noteFailure(at: now)
      return codePage(
        session, subject: subject, typed: typed, problem: "This code is wrong, expired or already used.",
        status: .badRequest)
    }
    guard let decision = form["decision"] else {
      return consentPage(
        action: paths.code, client: client, scope: pair.scope, details: pair.details, subject: subject,
        token: BrowserSessions.formToken(session, for: "consent code \(pair.userCode)"), code: pair.userCode)
    }
    let isAllowed = decision == "allow"
    guard isAllowed || decision == "deny" else { return staleForm }
    guard try await server.decide(pair, isAllowed: isAllowed, subject: subject) else { return staleForm }
    await observe(OAuthEvent(kind: .decision, grant: nil, error: nil), context)
    return pages.message(
      isAllowed ? "The device is linked. You may close this page." : "The device was refused.",
      title: isAllowed ? "Done" : "Refused", status: .ok)
  }

  private func codePage(
    _ session: BrowserSession, subject: String, typed: String?, problem: String? = nil,
    status: HTTPResponse.Status = .ok
  ) -> Response {
    var values: [String: Any] = [
      "action": paths.code, "csrf": BrowserSessions.formToken(session, for: "code"), "subject": subject,
    ]
    if let typed { values["typed"] = typed }
    if let problem { values["problem"] = problem }
    return pages.page("code", title: "Link a device", values, status: status)
  }
}
