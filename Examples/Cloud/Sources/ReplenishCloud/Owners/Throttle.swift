import Foundation

/// Slows guessing down: so many attempts under each name within a time. Nothing is ever locked: an attacker could lock
/// others out.
struct Throttle: Sendable {
  let storage: any CloudStorage

  /// Notes an attempt; false when there were too many already, and then it must not be looked at.
  func admits(_ limits: [AttemptLimit], at now: Date) async throws -> Bool {
    // Whoever is refused does not wait for those who write, and costs them nothing.
    guard try await allows(limits, at: now) else { return false }
    return try await storage.noteAttempt(limits, at: now)
  }

  /// Whether an attempt may be looked at, where only wrong ones are noted.
  func allows(_ limits: [AttemptLimit], at now: Date) async throws -> Bool {
    for limit in limits where try await storage.attempts(limit.name, since: now - limit.seconds) >= limit.count {
      return false
    }
    return true
  }

  /// Notes a wrong attempt.
  func note(_ limit: AttemptLimit, at now: Date) async throws { _ = try await storage.noteAttempt([limit], at: now) }

  /// Sign-in: guesses at one account from one place, at one account from everywhere, at all accounts from one place.
  static func signIn(email: String, address: String) -> [AttemptLimit] {
    [
      AttemptLimit("sign-in \(email) \(address)", 8, seconds: 900),
      // From many places somebody could use this up for the owner, who then gets in by a mail.
      AttemptLimit("sign-in \(email)", 100, seconds: 3600),
      AttemptLimit("sign-in \(address)", 60, seconds: 900),
    ]
  }

  /// Every name that has an owner in it: whole names, and the beginning of those that go on with a place.
  static func names(of owner: Owner) -> (whole: [String], beginning: String) {
    (
      ["sign-in \(owner.email)", "mail \(owner.email)", "reset \(owner.email)", "claim \(owner.id)"],
      "sign-in \(owner.email) "
    )
  }

  /// Mails that anybody may cause. Those with a way to a new password are counted apart: whoever uses their number up
  /// has sent the owner as many ways in.
  static func mail(_ purpose: MailTicket.Purpose, to email: String, address: String) -> [AttemptLimit] {
    let name =
      switch purpose {
      case .signUp: "mail"
      case .reset: "reset"
      }
    return [
      AttemptLimit("\(name) \(email)", 5, seconds: 3600),
      AttemptLimit("mail from \(address)", 30, seconds: 3600),
    ]
  }

  /// Wrong secrets of a client from one place. Never those from everywhere: a stranger could shut the client out. A secret
  /// has 256 random bits, so that no number of places guesses it.
  static func secret(of client: String, address: String) -> AttemptLimit {
    AttemptLimit("secret of \(client) from \(address)", 20, seconds: 900)
  }

  /// Wrong codes and refresh tokens of a client without a secret, from one place: many phones may be behind one address.
  static func code(of client: String, address: String) -> AttemptLimit {
    AttemptLimit("code of \(client) from \(address)", 100, seconds: 900)
  }

  /// Claims: by account and by address, never by serial number.
  static func claim(owner: Owner.ID, address: String) -> [AttemptLimit] {
    [
      AttemptLimit("claim \(owner)", 10, seconds: 900),
      AttemptLimit("claim from \(address)", 30, seconds: 900),
    ]
  }
}
