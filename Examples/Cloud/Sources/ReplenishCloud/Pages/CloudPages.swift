import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OAuthServer
import TextEncodings

/// The pages of owners: phone first, without a line of JavaScript.
struct CloudPages: Sendable {
  let storage: any CloudStorage
  let accounts: OwnerAccounts
  let sessions: CloudSessions
  let links: DeviceLinks
  let calls: DashCalls
  /// Who hands out commands to devices; nil where devices cannot wait for any.
  let commands: CommandDesk?
  let pages: PageLibrary
  /// The authorization server for owners.
  let server: AuthorizationServer
  let address: ClientAddress
  let logger: Logger
  let now: @Sendable () -> Date
  /// Told that something became due, so that it does not wait for the next round.
  let hurry: @Sendable () -> Void
  static let bodyLimit = 16 * 1024
  /// How long an authorization request may be.
  static let addressLimit = 6 * 1024

  func router(isSecure: Bool) -> Router<CloudContext> {
    let router = Router(context: CloudContext.self)
    router.add(middleware: PageProblems(pages: pages, logger: logger, isSecure: isSecure))
    addAccountPages(to: router)
    addDevicePages(to: router)
    addConsentPages(to: router)
    addAppPages(to: router)
    return router
  }

  /// What a page is shown with.
  struct Visit {
    var request: Request
    var context: CloudContext
    var found: CloudSessions.Found
    /// Sent with the answer when the session is new.
    var cookie: Cookie?
    var path: String { request.uri.path }
    var query: FormParameters { FormParameters(urlEncoded: request.uri.query ?? "") ?? FormParameters([:]) }
  }

  /// What a form is posted with.
  struct Submission {
    var visit: Visit
    var form: FormParameters

    func field(_ name: String) -> String { form[name] ?? "" }
  }

  /// Answers a form that is no longer valid, or that another site posted.
  struct StaleForm: Error {}

  // MARK: Kinds of pages

  /// A page for everybody.
  func open(
    _ request: Request, _ context: CloudContext, _ show: (Visit) async throws -> Response
  ) async throws -> Response {
    var visit: Visit
    if let found = try await sessions.find(request) {
      visit = Visit(request: request, context: context, found: found)
    } else {
      let (found, cookie) = try await sessions.start(owner: nil, replacing: nil)
      visit = Visit(request: request, context: context, found: found, cookie: cookie)
    }
    var response = try await show(visit)
    if let cookie = visit.cookie { response.setCookie(cookie) }
    return response
  }

  /// A page for owners who are signed in; others sign in first and come back.
  func owned(
    _ request: Request, _ context: CloudContext, _ show: (Visit, Owner.ID) async throws -> Response
  ) async throws -> Response {
    if let found = try await sessions.find(request), let owner = found.session.owner {
      return try await show(Visit(request: request, context: context, found: found), owner)
    }
    let here = request.uri.path == "/" ? "" : "?next=" + percentEncoded(request.uri.string)
    return PageLibrary.redirect(to: "/sign-in" + here)
  }

  /// A form from everybody.
  ///
  /// - Parameter matter: What its token is about, where that is more than the path.
  func submitted(
    _ request: Request, _ context: CloudContext, for matter: String? = nil,
    _ act: (Submission) async throws -> Response
  ) async throws -> Response {
    guard request.headers[.secFetchSite] != "cross-site", let found = try await sessions.find(request),
      let form = try await request.formParameters(upTo: Self.bodyLimit), form.repeated.isEmpty,
      found.accepts(form["csrf"], for: matter ?? request.uri.path)
    else { throw StaleForm() }
    return try await act(Submission(visit: Visit(request: request, context: context, found: found), form: form))
  }

  /// A form from an owner who is signed in.
  func submittedByOwner(
    _ request: Request, _ context: CloudContext, _ act: (Submission, Owner.ID) async throws -> Response
  ) async throws -> Response {
    try await submitted(request, context) { submission in
      guard let owner = submission.visit.found.session.owner else { throw StaleForm() }
      return try await act(submission, owner)
    }
  }

  // MARK: Rendering

  /// A page of this session; its form is posted to its own path, unless `values` name another `action` and its `csrf`.
  func page(
    _ template: String, title: String, _ visit: Visit, _ values: [String: Any] = [:], problem: String? = nil,
    status: HTTPResponse.Status = .ok
  ) -> Response {
    var values = values
    if values["action"] == nil {
      values["csrf"] = visit.found.formToken(for: visit.path)
      values["action"] = visit.path
    }
    if let problem { values["problem"] = problem }
    if visit.found.session.owner != nil {
      values["signedIn"] = ["csrf": visit.found.formToken(for: "/sign-out")]
    }
    return pages.page(template, title: title, values, status: status)
  }

  /// A page with one message.
  func message(
    _ text: String, title: String, _ visit: Visit, back: String = "/", status: HTTPResponse.Status = .ok
  ) -> Response {
    page("cloud-notice", title: title, visit, ["message": text, "back": back], status: status)
  }

  func address(_ visit: Visit) -> String { address.of(visit.request, visit.context) }

  /// A path of this site to come back to; anything else is the front page.
  static func localPath(_ text: String?) -> String {
    guard let text, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return "/" }
    if text.hasPrefix("/authorize?") { return text.utf8.count <= addressLimit + 11 ? text : "/" }
    guard text.utf8.count <= 512,
      text.hasPrefix("/claim?") || ["/claim", "/account", "/apps"].contains(text)
        || text.wholeMatch(of: /\/devices\/[0-9]{1,18}/) != nil
    else { return "/" }
    return text
  }

  /// A moment as pages show it.
  static func display(_ date: Date) -> String {
    let text = date.formatted(.iso8601.dateTimeSeparator(.space))
    return String(text.prefix(16)) + " UTC"
  }
}

/// Turns what a page throws into a page that tells nothing about the inside, and a log line that does.
struct PageProblems: RouterMiddleware {
  typealias Context = CloudContext

  let pages: PageLibrary
  let logger: Logger
  let isSecure: Bool

  func handle(
    _ request: Request, context: CloudContext, next: (Request, CloudContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      response = try await next(request, context)
    } catch is CloudPages.StaleForm {
      response = pages.message(
        "This form is no longer valid, or it came from another site. Go back to where you started and try again.",
        title: "Start again", status: .badRequest)
    } catch is PasswordHasher.Busy {
      response = pages.message(
        "Many people are signing in at this moment. Try again in a minute.", title: "Busy",
        status: .serviceUnavailable)
    } catch is NIOTooManyBytesError {
      response = pages.message("This form is too long.", title: "Cannot continue", status: .contentTooLarge)
    } catch let error as HTTPError {
      let text = error.status == .notFound ? "There is no such page." : "This request cannot be answered."
      response = pages.message(text, title: "Cannot continue", status: error.status)
    } catch {
      // The path has no secret in it; the query may have.
      logger.error("\(request.method) \(request.uri.path) failed: \(error)")
      response = pages.message(
        "Something went wrong here. Try again in a minute.", title: "Cannot continue", status: .internalServerError)
    }
    if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
    return response
  }
}
