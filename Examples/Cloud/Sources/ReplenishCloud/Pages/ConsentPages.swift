import Foundation
import Hummingbird
import Logging
import OAuthServer

/// The authorization endpoint (RFC 6749 section 3.1): sign-in, then consent, each time.
///
/// The request stays in the address of the page, and the form posts to that address, so nothing about it is kept here
/// until the owner has decided.
extension CloudPages {
  func addConsentPages(to router: Router<CloudContext>) {
    router.get("/authorize") { try await showAuthorization($0, $1) }
    router.post("/authorize") { try await postAuthorization($0, $1) }
  }

  private func showAuthorization(_ request: Request, _ context: CloudContext) async throws -> Response {
    switch try await wanted(request) {
    case .failure(let refusal): return try await answer(refusal, request, context)
    case .success(let wanted):
      guard let found = try await sessions.find(request), let owner = found.session.owner,
        let record = try await storage.owner(id: owner)
      else {
        return try await open(request, context) { visit in
          showSignIn(visit, next: Self.address(request), purpose: "Sign in to continue to \(wanted.client.name).")
        }
      }
      return showConsent(wanted, Visit(request: request, context: context, found: found), email: record.email)
    }
  }

  private func postAuthorization(_ request: Request, _ context: CloudContext) async throws -> Response {
    guard request.uri.query?.isEmpty == false else { return try await goOnAsGet(request) }
    switch try await wanted(request) {
    case .failure(let refusal): return try await answer(refusal, request, context)
    case .success(let wanted):
      return try await submitted(request, context, for: Self.matter(request)) { submission in
        guard let owner = submission.visit.found.session.owner else { throw StaleForm() }
        return try await decide(wanted, submission, owner)
      }
    }
  }

  private func decide(
    _ wanted: AuthorizationRequest, _ submission: Submission, _ owner: Owner.ID
  ) async throws -> Response {
    switch submission.field("decision") {
    case "allow":
      do {
        let location = try await server.allow(wanted, subject: owner)
        logger.info("an owner allowed \(wanted.client.id): \(wanted.scope)")
        return PageLibrary.redirect(to: location)
      } catch let error as OAuthError {
        return PageLibrary.redirect(to: server.refusal(error, to: wanted.redirectURI, state: wanted.state))
      }
    case "deny":
      let error = OAuthError(.accessDenied, .other, "The owner refused.")
      return PageLibrary.redirect(to: server.refusal(error, to: wanted.redirectURI, state: wanted.state))
    case "sign-out":
      try await storage.endSession(submission.visit.found.id)
      return PageLibrary.redirect(to: Self.address(submission.visit.request))
    default: throw StaleForm()
    }
  }

  /// A request may also come as a form (RFC 6749 section 3.1). A browser sends no cookie with another site's form, so
  /// it goes on as if it had been a link.
  private func goOnAsGet(_ request: Request) async throws -> Response {
    let body = String(buffer: try await request.body.collect(upTo: Self.addressLimit))
    guard FormParameters(urlEncoded: body)?["client_id"] != nil, body.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw StaleForm() }
    return PageLibrary.redirect(to: "/authorize?" + body)
  }

  private func wanted(_ request: Request) async throws -> Result<AuthorizationRequest, AuthorizationRefusal> {
    guard let parameters = FormParameters(urlEncoded: request.uri.query ?? "") else {
      return .failure(.page(OAuthError(.invalidRequest, .other, "A percent escape in the address is broken.")))
    }
    return try await server.authorizationRequest(parameters)
  }

  private func answer(
    _ refusal: AuthorizationRefusal, _ request: Request, _ context: CloudContext
  ) async throws -> Response {
    switch refusal {
    case .redirect(let error, let uri, let state):
      return PageLibrary.redirect(to: server.refusal(error, to: uri, state: state))
    case .page(let error):
      logger.notice("an authorization request is answered by a page: \(error.description)")
      return try await open(request, context) { visit in
        message(
          "The app that sent you here made a mistake: \(error.description)", title: "Cannot continue", visit,
          status: .badRequest)
      }
    }
  }

  private func showConsent(_ wanted: AuthorizationRequest, _ visit: Visit, email: String) -> Response {
    // Nothing on this page but the question: no other form, no way elsewhere.
    var alone = visit
    alone.found.session.owner = nil
    return page(
      "cloud-consent", title: "Connect \(wanted.client.name)?", alone,
      [
        "client": wanted.client.name, "scopes": CloudScope.words(wanted.scope), "email": email,
        "destination": Self.destination(wanted.redirectURI), "action": Self.address(visit.request),
        "csrf": visit.found.formToken(for: Self.matter(visit.request)),
      ])
  }

  /// Where an owner is sent back to, as the owner can judge it.
  static func destination(_ redirectURI: String) -> String {
    let parts = URLComponents(string: redirectURI)
    switch parts?.scheme?.lowercased() {
    case "https": return parts?.host ?? redirectURI
    case "http": return "a program on this device"
    default: return "the app on this device (\(parts?.scheme ?? redirectURI))"
    }
  }

  /// The page's own address, whatever form the request named it in.
  private static func address(_ request: Request) -> String { "/authorize?" + (request.uri.query ?? "") }

  /// What a decision is about: all of the request, so that a form of one decides no other.
  private static func matter(_ request: Request) -> String { "consent " + address(request) }
}
