import Foundation
import HTTPTypes
import Hummingbird

/// The authorization endpoint: login, then consent.
///
/// The request stays in the address of the page, and the forms post to that address, so nothing about it is kept on
/// the server until the person has decided.
extension OAuthRoutes {
  func showAuthorization(_ request: Request, _ context: Context) async throws -> Response {
    switch try await checkedRequest(request, context) {
    case .failure(let answer): return answer.response
    case .success(let wanted):
      switch try await signedIn(request, purpose: "to continue to \(wanted.client.name)") {
      case .answer(let response): return response
      case .done(let subject, let session, _):
        return consentPage(
          action: request.uri.string, client: wanted.client, scope: wanted.scope, details: wanted.details,
          subject: subject, token: BrowserSessions.formToken(session, for: matter(request)))
      }
    }
  }

  func postAuthorization(_ request: Request, _ context: Context) async throws -> Response {
    switch try await checkedRequest(request, context) {
    case .failure(let answer): return answer.response
    case .success(let wanted):
      guard let form = try await form(request) else { return staleForm }
      switch try await signedIn(request, form: form, purpose: "to continue to \(wanted.client.name)") {
      case .answer(let response): return response
      case .done(let subject, let session, let sessionID):
        guard BrowserSessions.accepts(form["csrf"], session, for: matter(request)) else { return staleForm }
        return try await decide(wanted, form["decision"], subject: subject, sessionID: sessionID, request, context)
      }
    }
  }

  private func decide(
    _ wanted: AuthorizationRequest, _ decision: String?, subject: String, sessionID: String, _ request: Request,
    _ context: Context
  ) async throws -> Response {
    switch decision {
    case "allow":
      let location = try await server.allow(wanted, subject: subject)
      await observe(OAuthEvent(kind: .decision, grant: nil, error: nil), context)
      return PageLibrary.redirect(to: location)
    case "sign-out":
      try await sessions.end(id: sessionID)
      return PageLibrary.redirect(to: request.uri.string)
    case "deny":
      let error = OAuthError(.accessDenied, .other, "The person refused.")
      await observe(OAuthEvent(kind: .decision, grant: nil, error: error), context)
      return PageLibrary.redirect(to: server.refusal(error, to: wanted.redirectURI, state: wanted.state))
    default:
      return staleForm
    }
  }

  /// An answer to send instead of the page.
  private struct Refused: Error {
    var response: Response
  }

  private func checkedRequest(
    _ request: Request, _ context: Context
  ) async throws -> Result<AuthorizationRequest, Refused> {
    guard let parameters = FormParameters(urlEncoded: request.uri.query ?? "") else {
      return .failure(
        Refused(
          response: pages.message(
            "The address is garbled: a percent escape in it is broken.", title: "Cannot continue",
            status: .badRequest)))
    }
    switch try await server.authorizationRequest(parameters) {
    case .success(let wanted): return .success(wanted)
    case .failure(.redirect(let error, let uri, let state)):
      await observe(OAuthEvent(kind: .page, grant: nil, error: error), context)
      return .failure(Refused(response: PageLibrary.redirect(to: server.refusal(error, to: uri, state: state))))
    case .failure(.page(let error)):
      await observe(OAuthEvent(kind: .page, grant: nil, error: error), context)
      return .failure(
        Refused(response: pages.message(error.description, title: "Cannot continue", status: .badRequest)))
    }
  }

  private func matter(_ request: Request) -> String { "consent " + request.uri.string }

  func consentPage(
    action: String, client: OAuthClient, scope: Scope, details: AuthorizationDetails, subject: String, token: String,
    code: String? = nil
  ) -> Response {
    var values: [String: Any] = [
      "action": action, "client": client.name, "scopes": scope.words, "lines": details.lines, "subject": subject,
      "csrf": token,
    ]
    if let code { values["code"] = code }
    return pages.page("consent", title: "Allow access", values)
  }
}
