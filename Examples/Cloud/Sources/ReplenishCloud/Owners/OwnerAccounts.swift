import Foundation
import OAuthServer

/// Sign-up, sign-in, recovery: the rules, without the pages.
struct OwnerAccounts: Sendable {
  /// What became of a sign-in.
  enum SignIn: Equatable {
    /// Who it is; a session begins only while the password still is this one.
    case owner(Owner)
    case refused
    case tooMany
  }

  /// Why something was not done, as the page says it.
  struct Refusal: Error {
    var text: String
  }

  static let recoveryCodeCount = 8
  private static let ticketLifetime = 3600.0

  let storage: any CloudStorage
  let hasher: PasswordHasher
  let mail: MailFolder
  let publicAddress: @Sendable () -> String
  let site: String
  let now: @Sendable () -> Date

  private var throttle: Throttle { Throttle(storage: storage) }

  /// The form under which an address is known, nil when it is none.
  static func address(_ typed: String) -> String? {
    let text = typed.trimmingCharacters(in: .whitespaces).lowercased()
    let halves = text.split(separator: "@", omittingEmptySubsequences: false)
    let isPlain = text.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 0x20 && $0.value != 0x7F }
    guard halves.count == 2, halves.allSatisfy({ !$0.isEmpty }), text.utf8.count <= 254, isPlain,
      !text.contains(where: { "<>,;:\"()[]\\".contains($0) })
    else { return nil }
    return text
  }

  /// Checks a new password; a long one needs no rules about signs in it.
  static func check(newPassword password: String) throws {
    guard password.count >= 10 else { throw Refusal(text: "The password needs ten characters at least.") }
    guard password.utf8.count <= 1024 else { throw Refusal(text: "The password is too long.") }
  }

  /// Sends a mail that opens the account, or one that says there is one. The page says the same of both.
  ///
  /// The password is chosen behind the mail's link: one chosen before could be a stranger's, waiting for the owner of
  /// the address to confirm it.
  func requestAccount(email typed: String, from address: String) async throws {
    guard let email = Self.address(typed) else { throw Refusal(text: "This is no mail address.") }
    try await admitMail(.signUp, to: email, from: address)
    guard try await storage.owner(email: email) == nil else {
      try send(
        to: email, "You have an account already",
        """
        Somebody, probably you, asked for an account at \(site) with this address.
        There is one already. If you forgot its password: \(publicAddress())/forgot
        If it was not you, there is nothing to do.
        """)
      return
    }
    let ticket = try await issue(.signUp, email: email)
    try send(
      to: email, "Open your account",
      """
      Open this page within an hour to choose a password for your account at \(site):
      \(publicAddress())/confirm?ticket=\(ticket)
      If it was not you, there is nothing to do.
      """)
  }

  /// Opens the account that a mail's link stands for; returns its owner and the recovery codes, shown this once.
  func confirm(ticket: String, password: String) async throws -> (owner: Owner, codes: [String])? {
    try Self.check(newPassword: password)
    let id = Fingerprint(of: ticket)
    guard try await storage.ticket(id, at: now())?.purpose == .signUp else { return nil }
    let hash = try await hasher.hash(password)
    let codes = (0..<Self.recoveryCodeCount).map { _ in SecretText.draw() }
    guard let found = try await storage.takeTicket(id, at: now()), found.purpose == .signUp,
      let owner = try await storage.openAccount(
        email: found.email, password: hash, recoveryCodes: codes.map(SecretText.fingerprint), at: now())
    else { return nil }
    return (owner, codes)
  }

  /// Finds out whether name and password belong together.
  func signIn(email typed: String, password: String, from address: String) async throws -> SignIn {
    let email = Self.address(typed) ?? "none"
    let limits = Throttle.signIn(email: email, address: address)
    guard try await throttle.admits(limits, at: now()) else { return .tooMany }
    let found = try await storage.owner(email: email)
    guard password.utf8.count <= 1024 else { return .refused }
    let (isRight, needsRehash) = try await hasher.check(password, against: found?.password)
    guard isRight, var owner = found else { return .refused }
    if needsRehash {
      let new = try await hasher.hash(password)
      guard try await storage.rehashPassword(of: owner.id, from: owner.password, to: new) else {
        // Another sign-in was faster, or the password is another one by now.
        return try await signIn(email: typed, password: password, from: address)
      }
      owner.password = new
    }
    return .owner(owner)
  }

  /// Sends a mail with a way to a new password, if there is an account. The page says the same either way.
  func requestReset(email typed: String, from address: String) async throws {
    guard let email = Self.address(typed) else { throw Refusal(text: "This is no mail address.") }
    try await admitMail(.reset, to: email, from: address)
    guard try await storage.owner(email: email) != nil else { return }
    let ticket = try await issue(.reset, email: email)
    try send(
      to: email, "Set a new password",
      """
      Open this page within an hour to set a new password at \(site):
      \(publicAddress())/reset?ticket=\(ticket)
      If it was not you, there is nothing to do.
      """)
  }

  /// Sets the password that a mail's link allows to set, and ends all sessions; nil when the link is dead.
  ///
  /// Who has the mail is signed in, however many others guess at the account meanwhile.
  func reset(ticket: String, password: String) async throws -> Owner? {
    try Self.check(newPassword: password)
    let id = Fingerprint(of: ticket)
    guard try await storage.ticket(id, at: now())?.purpose == .reset else { return nil }
    let hash = try await hasher.hash(password)
    guard let taken = try await storage.takeTicket(id, at: now()), taken.purpose == .reset,
      var owner = try await storage.owner(email: taken.email),
      try await storage.setPassword(hash, of: owner.id, from: nil)
    else { return nil }
    owner.password = hash
    return owner
  }

  /// Sets a new password with a recovery code, and ends all sessions.
  func recover(email typed: String, code: String, password: String, from address: String) async throws -> SignIn {
    try Self.check(newPassword: password)
    let email = Self.address(typed) ?? "none"
    let limits = Throttle.signIn(email: email, address: address)
    guard try await throttle.admits(limits, at: now()) else { return .tooMany }
    let owner = try await storage.owner(email: email)
    let hash = try await hasher.hash(password)
    guard try await storage.useRecoveryCode(SecretText.fingerprint(code), of: owner?.id ?? "none", at: now()),
      let owner, try await storage.setPassword(hash, of: owner.id, from: nil)
    else { return .refused }
    return .owner(owner)
  }

  /// Sets a new password for somebody who knows the old one, and ends all sessions.
  func changePassword(
    of owner: Owner.ID, from old: String, to new: String, from address: String
  ) async throws -> SignIn {
    try Self.check(newPassword: new)
    guard let record = try await storage.owner(id: owner) else { return .refused }
    let answer = try await signIn(email: record.email, password: old, from: address)
    guard case .owner(let known) = answer, known.id == owner else { return answer }
    let hash = try await hasher.hash(new)
    return try await storage.setPassword(hash, of: owner, from: known.password) ? answer : .refused
  }

  /// Erases the account of somebody who knows its password.
  func erase(_ owner: Owner.ID, password: String, from address: String) async throws -> SignIn {
    guard let record = try await storage.owner(id: owner) else { return .refused }
    let answer = try await signIn(email: record.email, password: password, from: address)
    guard case .owner(let known) = answer, known.id == owner else { return answer }
    return try await storage.beginErasure(of: owner, at: now()) ? answer : .refused
  }

  /// New recovery codes, shown this once; the old ones are worth nothing any more.
  func newRecoveryCodes(of owner: Owner.ID) async throws -> [String] {
    let codes = (0..<Self.recoveryCodeCount).map { _ in SecretText.draw() }
    try await storage.setRecoveryCodes(codes.map(SecretText.fingerprint), of: owner)
    return codes
  }

  private func admitMail(_ purpose: MailTicket.Purpose, to email: String, from address: String) async throws {
    guard try await throttle.admits(Throttle.mail(purpose, to: email, address: address), at: now()) else {
      throw Refusal(text: "Too many mails were asked for. Look at those that came, or try again in an hour.")
    }
  }

  private func issue(_ purpose: MailTicket.Purpose, email: String) async throws -> String {
    let ticket = randomText(bytes: 24)
    try await storage.insert(
      MailTicket(purpose: purpose, email: email, expiresAt: now() + Self.ticketLifetime),
      Fingerprint(of: ticket))
    return ticket
  }

  private func send(to email: String, _ subject: String, _ text: String) throws {
    try mail.send(to: email, subject: "\(site): \(subject)", text, at: now())
  }
}
