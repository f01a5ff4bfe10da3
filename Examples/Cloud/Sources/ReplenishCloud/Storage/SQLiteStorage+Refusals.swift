import Foundation
import GRDB

extension SQLiteStorage {
  /// Amazon says that the refresh token is dead. Ends the link if token, generation and client that were sent are the
  /// row's now, and if Amazon does not say so of too many at once; counting and ending are one transaction.
  public func endLink(refusedBy sent: Registration, at now: Date) async throws -> RefusalOutcome {
    let vault = vault
    return try await pool.write { db in
      guard let row = try Self.registration(sent.id, vault, db), let refresh = row.tokens?.refresh,
        refresh == sent.tokens?.refresh, row.generation == sent.generation, row.clientID == sent.clientID,
        row.state == .live || row.state == .unlinking
      else { return .replaced }
      let token = Fingerprint(of: refresh)
      try Self.noteRefusal(of: token, isLive: row.state == .live, at: now, db)
      let count = try Self.refusals(db)
      let isPassed = RefusalLimit.isPassed(by: count.refused, of: count.links)
      let wasOn = try Self.isWaveOn(at: now, db)
      guard isPassed || wasOn else {
        try db.execute(sql: "UPDATE refusal SET is_live = 0 WHERE token = ?", arguments: [token.bytes])
        try Self.end(row, as: .ended, at: now, db)
        return .ended
      }
      if isPassed {
        try db.execute(
          sql: """
            INSERT INTO refusal_wave (id, passed_at) VALUES (1, ?)
            ON CONFLICT (id) DO UPDATE SET passed_at = MAX(passed_at, excluded.passed_at)
            """, arguments: [now.seconds])
      }
      try db.execute(
        sql: "UPDATE registration SET refresh_after = ? WHERE id = ?",
        arguments: [(now + RefusalLimit.patience).seconds, row.id])
      return .kept(wasOn ? nil : count)
    }
  }

  /// Forgets a wave of refusals that is over; true for the one who noticed.
  public func endRefusalWave(at now: Date) async throws -> Bool {
    let bound = (now - RefusalLimit.window).seconds
    // It is asked often, and almost always there is nothing to write.
    let isOver = try await pool.read { db in
      try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM refusal_wave WHERE passed_at <= ?)", arguments: [bound])
    }
    guard isOver == true else { return false }
    return try await pool.write { db in
      try db.execute(sql: "DELETE FROM refusal_wave WHERE passed_at <= ?", arguments: [bound])
      return db.changesCount == 1
    }
  }

  static func forgetRefusals(at now: Date, _ db: Database) throws {
    try db.execute(
      sql: "DELETE FROM refusal WHERE refused_at <= ?", arguments: [(now - RefusalLimit.window).seconds])
  }

  /// A token that is refused again counts once, and from then on.
  private static func noteRefusal(of token: Fingerprint, isLive: Bool, at now: Date, _ db: Database) throws {
    try forgetRefusals(at: now, db)
    try db.execute(
      sql: """
        INSERT INTO refusal (token, refused_at, is_live) VALUES (?, ?, ?)
        ON CONFLICT (token) DO UPDATE SET refused_at = MAX(refused_at, excluded.refused_at), is_live = excluded.is_live
        """, arguments: [token.bytes, now.seconds, isLive])
  }

  /// How many were refused, and how many links there are, those included that these refusals ended: otherwise each
  /// end would lower the limit for the next.
  private static func refusals(_ db: Database) throws -> RefusalWave {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT COUNT(*) AS refused, COUNT(*) FILTER (WHERE NOT is_live)
        + (SELECT COUNT(*) FROM registration WHERE state = 'live') AS links FROM refusal
        """)
    return RefusalWave(refused: row?["refused"] ?? 0, links: row?["links"] ?? 0)
  }

  private static func isWaveOn(at now: Date, _ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT EXISTS (SELECT 1 FROM refusal_wave WHERE passed_at > ?)",
      arguments: [(now - RefusalLimit.window).seconds]) ?? false
  }
}
