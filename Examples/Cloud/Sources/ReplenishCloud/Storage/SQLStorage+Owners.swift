import Foundation
import OAuthServer

extension SQLStorage {
  /// Finds an owner by mail address, which is in lower case.
  public func owner(email: String) async throws -> Owner? {
    try await database.read { db in
      try db.row("SELECT * FROM owner WHERE email = ? AND erased_at IS NULL", [email])
        .map(Owner.init(row:))
    }
  }

  /// Finds an owner.
  public func owner(id: Owner.ID) async throws -> Owner? {
    try await database.read { db in
      try Self.owner(id, db)
    }
  }

  /// An owner whose account is not erased.
  static func owner(_ id: Owner.ID, _ db: any SQLSession) throws -> Owner? {
    try db.row("SELECT * FROM owner WHERE id = ? AND erased_at IS NULL", [id])
      .map(Owner.init(row:))
  }

  /// Opens an account; nil when the address has one.
  public func openAccount(
    email: String, password: String, recoveryCodes: [Fingerprint], at now: Date
  ) async throws -> Owner? {
    let owner = Owner(id: randomText(bytes: 16), email: email, password: password)
    return try await database.write { db in
      let changed = try db.execute(
        "INSERT INTO owner (id, email, password, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [owner.id, email, password, now.seconds])
      guard changed == 1 else { return nil }
      try Self.insert(recoveryCodes, of: owner.id, db)
      return owner
    }
  }

  /// Sets a new password, and ends every session and ticket of the owner. False, and nothing happens, when the stored
  /// form is none of `old` any more; nil stands for any.
  public func setPassword(_ password: String, of owner: Owner.ID, from old: String?) async throws -> Bool {
    try await database.write { db in
      let changed = try db.execute(
        "UPDATE owner SET password = ? WHERE id = ? AND password = COALESCE(?, password) AND erased_at IS NULL",
        [password, owner, old])
      guard changed == 1 else { return false }
      try db.execute("DELETE FROM session WHERE owner = ?", [owner])
      try db.execute("DELETE FROM mail_ticket WHERE email = (SELECT email FROM owner WHERE id = ?)", [owner])
      return true
    }
  }

  /// Replaces the stored form of the same password; false, and nothing happens, when it was changed meanwhile.
  public func rehashPassword(of owner: Owner.ID, from old: String, to new: String) async throws -> Bool {
    try await database.write { db in
      try db.execute("UPDATE owner SET password = ? WHERE id = ? AND password = ?", [new, owner, old]) == 1
    }
  }

  /// Uses a recovery code up; false when it is unknown or used.
  public func useRecoveryCode(_ code: Fingerprint, of owner: Owner.ID, at now: Date) async throws -> Bool {
    try await database.write { db in
      let changed = try db.execute(
        "UPDATE recovery_code SET used_at = ? WHERE owner = ? AND fingerprint = ? AND used_at IS NULL",
        [now.seconds, owner, code.bytes])
      return changed == 1
    }
  }

  /// Replaces the recovery codes.
  public func setRecoveryCodes(_ codes: [Fingerprint], of owner: Owner.ID) async throws {
    try await database.write { db in
      guard try Self.owner(owner, db) != nil else { return }
      try db.execute("DELETE FROM recovery_code WHERE owner = ?", [owner])
      try Self.insert(codes, of: owner, db)
    }
  }

  /// How many recovery codes are left.
  public func recoveryCodesLeft(of owner: Owner.ID) async throws -> Int {
    try await database.read { db in
      try db.value("SELECT COUNT(*) FROM recovery_code WHERE owner = ? AND used_at IS NULL", [owner]) ?? 0
    }
  }

  private static func insert(_ codes: [Fingerprint], of owner: Owner.ID, _ db: any SQLSession) throws {
    for code in codes {
      try db.execute("INSERT INTO recovery_code (owner, fingerprint) VALUES (?, ?)", [owner, code.bytes])
    }
  }

  /// Remembers a browser session, unless its owner's account is erased, or has another password by now than that one.
  public func insert(_ session: CloudSession, _ id: Fingerprint, password: String) async throws {
    try await database.write { db in
      // Erased or changed while the password was looked at: the cookie is worthless from the start.
      if let owner = session.owner, try Self.owner(owner, db)?.password != password { return }
      try db.execute(
        "INSERT INTO session (fingerprint, owner, form_key, expires_at) VALUES (?, ?, ?, ?)",
        [id.bytes, session.owner, session.formKey, session.expiresAt.seconds])
    }
  }

  /// A living session.
  public func session(_ id: Fingerprint, at now: Date) async throws -> CloudSession? {
    try await database.read { db in
      try db.row(
        "SELECT * FROM session WHERE fingerprint = ? AND expires_at > ?", [id.bytes, now.seconds]
      ).map { CloudSession(owner: $0["owner"], formKey: $0["form_key"], expiresAt: $0.date("expires_at")) }
    }
  }

  /// Ends a session.
  public func endSession(_ id: Fingerprint) async throws {
    try await database.write { db in
      try db.execute("DELETE FROM session WHERE fingerprint = ?", [id.bytes])
    }
  }

  /// Remembers what a link in a mail allows.
  public func insert(_ ticket: MailTicket, _ id: Fingerprint) async throws {
    try await database.write { db in
      try db.execute(
        "INSERT INTO mail_ticket (fingerprint, purpose, email, expires_at) VALUES (?, ?, ?, ?)",
        [id.bytes, ticket.purpose.rawValue, ticket.email, ticket.expiresAt.seconds])
    }
  }

  /// Looks at a living ticket.
  public func ticket(_ id: Fingerprint, at now: Date) async throws -> MailTicket? {
    try await database.read { db in
      try db.row(
        "SELECT * FROM mail_ticket WHERE fingerprint = ? AND expires_at > ?",
        [id.bytes, now.seconds]
      ).flatMap(MailTicket.init(row:))
    }
  }

  /// Takes a living ticket; nobody gets it a second time.
  public func takeTicket(_ id: Fingerprint, at now: Date) async throws -> MailTicket? {
    try await database.write { db in
      try db.row(
        "DELETE FROM mail_ticket WHERE fingerprint = ? AND expires_at > ? RETURNING *",
        [id.bytes, now.seconds]
      ).flatMap(MailTicket.init(row:))
    }
  }

  /// How many attempts there were under a name.
  public func attempts(_ name: String, since: Date) async throws -> Int {
    try await database.read { db in try Self.attempts(name, since: since, db) }
  }

  private static func attempts(_ name: String, since: Date, _ db: any SQLSession) throws -> Int {
    try db.value("SELECT COUNT(*) FROM attempt WHERE name = ? AND at > ?", [name, since.seconds]) ?? 0
  }

  /// Notes an attempt under several names; false, and none is noted, when one of them has had as many as it may. Of
  /// many at once as many are noted as one after the other.
  public func noteAttempt(_ limits: [AttemptLimit], at now: Date) async throws -> Bool {
    try await database.write { db in
      for limit in limits where try Self.attempts(limit.name, since: now - limit.seconds, db) >= limit.count {
        return false
      }
      for limit in limits {
        try db.execute("INSERT INTO attempt (name, at) VALUES (?, ?)", [limit.name, now.seconds])
      }
      return true
    }
  }
}

extension Owner {
  init(row: SQLRow) {
    self.init(id: row["id"], email: row["email"], password: row["password"])
  }
}

extension MailTicket {
  init?(row: SQLRow) {
    guard let purpose = Purpose(rawValue: row["purpose"]) else { return nil }
    self.init(purpose: purpose, email: row["email"], expiresAt: row.date("expires_at"))
  }
}
