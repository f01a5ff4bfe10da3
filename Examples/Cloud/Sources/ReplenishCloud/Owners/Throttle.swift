import Foundation

/// Slows guessing down: so many attempts under each name within a time. Nothing is ever locked: an attacker could lock
/// others out.
struct Throttle: Sendable {
  /// What is guarded, and how much of it is allowed.
  struct Rule: Sendable {
    var name: String
    var limit: Int
    var seconds: Double
  }

  let storage: any CloudStorage

  /// Notes an attempt, if it may be looked at. Counting and noting are one transaction: of many at once, at however many
  /// instances, no more are admitted than one after the other.
  func admits(_ rules: [Rule], at now: Date) async throws -> Bool {
    try await storage.admitAttempt(rules.map { ($0.name, $0.limit, now - $0.seconds) }, at: now)
  }

  /// Whether another attempt may be looked at, where only wrong ones are noted.
  func allows(_ rules: [Rule], at now: Date) async throws -> Bool {
    for rule in rules where try await storage.attempts(rule.name, since: now - rule.seconds) >= rule.limit {
      return false
    }
    return true
  }

  /// Notes a wrong attempt.
  func note(_ rules: [Rule], at now: Date) async throws {
    try await storage.noteAttempt(rules.map(\.name), at: now)
  }

  /// Sign-in: guesses at one account from one place, at one account from everywhere, at all accounts from one place.
  static func signIn(email: String, address: String) -> [Rule] {
    [
      Rule(name: "sign-in \(email) \(address)", limit: 8, seconds: 900),
      Rule(name: "sign-in \(email)", limit: 100, seconds: 3600),
      Rule(name: "sign-in \(address)", limit: 60, seconds: 900),
    ]
  }

  /// Every name that has an owner in it: whole names, and the beginning of those that go on with a place.
  static func names(of owner: Owner) -> (whole: [String], beginning: String) {
    (["sign-in \(owner.email)", "mail \(owner.email)", "claim \(owner.id)"], "sign-in \(owner.email) ")
  }

  /// Mails that anybody may cause.
  static func mail(to email: String, address: String) -> [Rule] {
    [
      Rule(name: "mail \(email)", limit: 5, seconds: 3600),
      Rule(name: "mail from \(address)", limit: 30, seconds: 3600),
    ]
  }

  /// Wrong secrets of a client from one place. Never those from everywhere: a stranger could shut the client out. A secret
  /// has 256 random bits, so that no number of places guesses it.
  static func secret(of client: String, address: String) -> Rule {
    Rule(name: "secret of \(client) from \(address)", limit: 20, seconds: 900)
  }

  /// Wrong codes and refresh tokens of a client without a secret, from one place: many phones may be behind one address.
  static func code(of client: String, address: String) -> Rule {
    Rule(name: "code of \(client) from \(address)", limit: 100, seconds: 900)
  }

  /// Claims: by account and by address, never by serial number.
  static func claim(owner: Owner.ID, address: String) -> [Rule] {
    [
      Rule(name: "claim \(owner)", limit: 10, seconds: 900),
      Rule(name: "claim from \(address)", limit: 30, seconds: 900),
    ]
  }
}
