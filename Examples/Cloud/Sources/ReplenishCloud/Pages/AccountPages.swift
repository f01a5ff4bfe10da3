import Foundation
import Hummingbird
import Logging
import OAuthServer

/// Sign-up, sign-in, recovery, and the owner's account.
extension CloudPages {
  func addAccountPages(to router: Router<CloudContext>) {
    router.get("/sign-up") { request, context in try await open(request, context) { showSignUp($0) } }
    router.post("/sign-up") { try await submitted($0, $1, signUp) }
    router.get("/confirm") { request, context in try await open(request, context) { showConfirm($0) } }
    router.post("/confirm") { try await submitted($0, $1, confirm) }
    router.get("/sign-in") { request, context in try await open(request, context) { showSignIn($0) } }
    router.post("/sign-in") { try await submitted($0, $1, signIn) }
    router.post("/sign-out") { try await submitted($0, $1, signOut) }
    router.get("/forgot") { request, context in try await open(request, context) { showForgot($0) } }
    router.post("/forgot") { try await submitted($0, $1, forgot) }
    router.get("/reset") { request, context in try await open(request, context) { showReset($0) } }
    router.post("/reset") { try await submitted($0, $1, reset) }
    router.get("/recover") { request, context in try await open(request, context) { showRecover($0) } }
    router.post("/recover") { try await submitted($0, $1, recover) }
    router.get("/account") { try await owned($0, $1) { try await showAccount($0, $1) } }
    router.post("/account") { try await submittedByOwner($0, $1, changePassword) }
    router.post("/account/recovery-codes") { try await submittedByOwner($0, $1, newRecoveryCodes) }
    router.get("/account/export") { try await owned($0, $1) { try await export($0, $1) } }
    router.get("/account/delete") { request, context in
      try await owned(request, context) { visit, _ in showDelete(visit) }
    }
    router.post("/account/delete") { try await submittedByOwner($0, $1, delete) }
  }

  // MARK: Sign-up

  private func showSignUp(_ visit: Visit, problem: String? = nil) -> Response {
    page("cloud-sign-up", title: "Open an account", visit, problem: problem, status: problem == nil ? .ok : .badRequest)
  }

  private func signUp(_ submission: Submission) async throws -> Response {
    do {
      try await accounts.requestAccount(email: submission.field("email"), from: address(submission.visit))
    } catch let refusal as OwnerAccounts.Refusal {
      return showSignUp(submission.visit, problem: refusal.text)
    }
    return message(
      "We sent you a mail. Open the link in it within an hour.", title: "Look at your mail", submission.visit)
  }

  private func showConfirm(_ visit: Visit, problem: String? = nil, ticket: String? = nil) -> Response {
    page(
      "cloud-new-password", title: "Choose a password", visit,
      ["ticket": ticket ?? visit.query["ticket"] ?? "", "submit": "Open the account"], problem: problem,
      status: problem == nil ? .ok : .badRequest)
  }

  private func confirm(_ submission: Submission) async throws -> Response {
    let ticket = submission.field("ticket")
    do {
      guard let (owner, codes) = try await accounts.confirm(ticket: ticket, password: submission.field("password"))
      else { return deadLink(submission.visit, again: "/sign-up") }
      return try await signedIn(owner, submission) { visit in recoveryCodes(codes, visit) }
    } catch let refusal as OwnerAccounts.Refusal {
      return showConfirm(submission.visit, problem: refusal.text, ticket: ticket)
    }
  }

  private func deadLink(_ visit: Visit, again: String) -> Response {
    message(
      "This link is used, or older than an hour. Ask for another one.", title: "The link is dead", visit, back: again,
      status: .badRequest)
  }

  private func recoveryCodes(_ codes: [String], _ visit: Visit) -> Response {
    page("cloud-recovery-codes", title: "Your recovery codes", visit, ["codes": codes])
  }

  // MARK: Sign-in

  /// The sign-in form, also in the place of a page that needs an owner; `next` is where it leads.
  func showSignIn(
    _ visit: Visit, problem: String? = nil, email: String = "", next: String? = nil, purpose: String? = nil,
    tooMany: Bool = false
  ) -> Response {
    var values = [
      "email": email, "next": CloudPages.localPath(next ?? visit.query["next"]), "action": "/sign-in",
      "csrf": visit.found.formToken(for: "/sign-in"),
    ]
    values["purpose"] = purpose
    return page(
      "cloud-sign-in", title: "Sign in", visit, values, problem: problem,
      status: tooMany ? .tooManyRequests : problem == nil ? .ok : .forbidden)
  }

  private func signIn(_ submission: Submission) async throws -> Response {
    let email = submission.field("email")
    let next = CloudPages.localPath(submission.form["next"])
    switch try await accounts.signIn(
      email: email, password: submission.field("password"), from: address(submission.visit))
    {
    case .owner(let owner): return try await signedIn(owner, submission) { _ in PageLibrary.redirect(to: next) }
    case .refused:
      return showSignIn(
        submission.visit, problem: "The address and the password do not belong together.", email: email, next: next)
    case .tooMany:
      return showSignIn(
        submission.visit, problem: Self.tooManyTries + " A mail for a forgotten password lets you in at once.",
        email: email, next: next, tooMany: true)
    }
  }

  static var tooManyTries: String { "Too many tries. Wait a quarter of an hour." }

  /// Starts the owner's session under a new identifier, so that one planted before is worth nothing now.
  private func signedIn(
    _ owner: Owner, _ submission: Submission, _ show: (Visit) -> Response
  ) async throws -> Response {
    var visit = submission.visit
    let (found, cookie) = try await sessions.start(owner: owner, replacing: visit.found)
    visit.found = found
    var response = show(visit)
    response.setCookie(cookie)
    return response
  }

  private func signOut(_ submission: Submission) async throws -> Response {
    try await storage.endSession(submission.visit.found.id)
    return PageLibrary.redirect(to: "/sign-in")
  }

  // MARK: Recovery

  private func showForgot(_ visit: Visit, problem: String? = nil) -> Response {
    page(
      "cloud-forgot", title: "Forgot the password", visit, problem: problem, status: problem == nil ? .ok : .badRequest)
  }

  private func forgot(_ submission: Submission) async throws -> Response {
    do {
      try await accounts.requestReset(email: submission.field("email"), from: address(submission.visit))
    } catch let refusal as OwnerAccounts.Refusal {
      return showForgot(submission.visit, problem: refusal.text)
    }
    return message(
      "If there is an account with this address, we sent it a mail. Open the link in it within an hour.",
      title: "Look at your mail", submission.visit, back: "/sign-in")
  }

  private func showReset(_ visit: Visit, problem: String? = nil, ticket: String? = nil) -> Response {
    page(
      "cloud-new-password", title: "Set a new password", visit,
      ["ticket": ticket ?? visit.query["ticket"] ?? "", "submit": "Set the password"], problem: problem,
      status: problem == nil ? .ok : .badRequest)
  }

  private func reset(_ submission: Submission) async throws -> Response {
    let ticket = submission.field("ticket")
    do {
      guard let owner = try await accounts.reset(ticket: ticket, password: submission.field("password")) else {
        return deadLink(submission.visit, again: "/forgot")
      }
      return try await signedIn(owner, submission) { visit in
        message("The new password is set, and every other browser was signed out." + appsStay, title: "Done", visit)
      }
    } catch let refusal as OwnerAccounts.Refusal {
      return showReset(submission.visit, problem: refusal.text, ticket: ticket)
    }
  }

  private func passwordIsSet(_ visit: Visit) -> Response {
    var visit = visit
    visit.found.session.owner = nil
    return message(
      "The new password is set, and every browser was signed out." + appsStay, title: "Done", visit, back: "/sign-in")
  }

  private var appsStay: String { " Apps stay connected; the page Apps ends them." }

  private func showRecover(_ visit: Visit, problem: String? = nil, tooMany: Bool = false) -> Response {
    page(
      "cloud-recover", title: "Use a recovery code", visit, problem: problem,
      status: tooMany ? .tooManyRequests : problem == nil ? .ok : .forbidden)
  }

  private func recover(_ submission: Submission) async throws -> Response {
    do {
      switch try await accounts.recover(
        email: submission.field("email"), code: submission.field("code"), password: submission.field("password"),
        from: address(submission.visit))
      {
      case .owner: return passwordIsSet(submission.visit)
      case .refused:
        return showRecover(submission.visit, problem: "The address and the code do not belong together.")
      case .tooMany: return showRecover(submission.visit, problem: Self.tooManyTries, tooMany: true)
      }
    } catch let refusal as OwnerAccounts.Refusal {
      return showRecover(submission.visit, problem: refusal.text)
    }
  }

  // MARK: Account

  private func showAccount(_ visit: Visit, _ owner: Owner.ID, problem: String? = nil) async throws -> Response {
    guard let record = try await storage.owner(id: owner) else { throw StaleForm() }
    return page(
      "cloud-account", title: "Account", visit,
      [
        "email": record.email, "codesLeft": try await storage.recoveryCodesLeft(of: owner),
        "codesForm": visit.found.formToken(for: "/account/recovery-codes"),
      ], problem: problem, status: problem == nil ? .ok : .forbidden)
  }

  private func changePassword(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    do {
      switch try await accounts.changePassword(
        of: owner, from: submission.field("old"), to: submission.field("password"), from: address(submission.visit))
      {
      case .owner: return passwordIsSet(submission.visit)
      case .refused: return try await showAccount(submission.visit, owner, problem: "This is not the old password.")
      case .tooMany: return try await showAccount(submission.visit, owner, problem: Self.tooManyTries)
      }
    } catch let refusal as OwnerAccounts.Refusal {
      return try await showAccount(submission.visit, owner, problem: refusal.text)
    }
  }

  private func newRecoveryCodes(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    recoveryCodes(try await accounts.newRecoveryCodes(of: owner), submission.visit)
  }

  // MARK: The owner's data

  private func export(_ visit: Visit, _ owner: Owner.ID) async throws -> Response {
    guard let export = try await storage.export(of: owner) else { throw StaleForm() }
    return PageLibrary.download(
      try export.json(at: now()), name: "replenish-cloud-data.json", type: "application/json")
  }

  private func showDelete(_ visit: Visit, problem: String? = nil, tooMany: Bool = false) -> Response {
    page(
      "cloud-delete-account", title: "Delete the account", visit, problem: problem,
      status: tooMany ? .tooManyRequests : problem == nil ? .ok : .forbidden)
  }

  private func delete(_ submission: Submission, _ owner: Owner.ID) async throws -> Response {
    switch try await accounts.erase(owner, password: submission.field("password"), from: address(submission.visit)) {
    case .owner:
      logger.info("an owner deleted the account")
      hurry()
      var visit = submission.visit
      visit.found.session.owner = nil
      return message(
        "Nothing is ordered any more, and nobody can sign in. What we still need to take your links back at Amazon is "
          + "deleted as soon as that is done.", title: "Your account is deleted", visit, back: "/sign-in")
    case .refused: return showDelete(submission.visit, problem: "This is not the password.")
    case .tooMany: return showDelete(submission.visit, problem: Self.tooManyTries, tooMany: true)
    }
  }
}
