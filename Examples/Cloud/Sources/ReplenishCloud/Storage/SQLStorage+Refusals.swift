import Foundation

extension SQLStorage {
  /// Amazon says that the refresh token is dead. Ends the link if token, generation and client that were sent are the
  /// row's now, and if Amazon does not say so of too many at once; counting and ending are one transaction.
  public func endLink(refusedBy sent: Registration, at now: Date) async throws -> RefusalOutcome {
    let vault = vault
    return try await database.write { db in
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
        try db.execute("UPDATE refusal SET is_live = 0 WHERE token = ?", [token.bytes])
        try Self.end(row, as: .ended, at: now, db)
        return .ended
      }
      if isPassed {
        try db.execute(
          """
          INSERT INTO refusal_wave (id, passed_at) VALUES (1, ?)
          ON CONFLICT (id) DO UPDATE SET passed_at = CASE
          WHEN excluded.passed_at > refusal_wave.passed_at THEN excluded.passed_at ELSE refusal_wave.passed_at END
          """, [now.seconds])
      }
      try db.execute(
        "UPDATE registration SET refresh_after = ? WHERE id = ?",
        [(now + RefusalLimit.patience).seconds, row.id])
      return .kept(wasOn ? nil : count)
    }
  }

  /// Forgets a wave of refusals that is over; true for the one who noticed.
  public func endRefusalWave(at now: Date) async throws -> Bool {
    let bound = (now - RefusalLimit.window).seconds
    // It is asked often, and almost always there is nothing to write.
    let isOver = try await database.read { db in
      try db.exists("SELECT 1 FROM refusal_wave WHERE passed_at <= ?", [bound])
    }
    guard isOver else { return false }
    return try await database.write { db in
      let changed = try db.execute("DELETE FROM refusal_wave WHERE passed_at <= ?", [bound])
      return changed == 1
    }
  }

  static func forgetRefusals(at now: Date, _ db: any SQLSession) throws {
    try db.execute("DELETE FROM refusal WHERE refused_at <= ?", [(now - RefusalLimit.window).seconds])
  }

  /// A token that is refused again counts once, and from then on.
  private static func noteRefusal(of token: Fingerprint, isLive: Bool, at now: Date, _ db: any SQLSession) throws {
    try forgetRefusals(at: now, db)
    try db.execute(
      """
      INSERT INTO refusal (token, refused_at, is_live) VALUES (?, ?, ?)
      ON CONFLICT (token) DO UPDATE SET is_live = excluded.is_live, refused_at = CASE
      WHEN excluded.refused_at > refusal.refused_at THEN excluded.refused_at ELSE refusal.refused_at END
      """, [token.bytes, now.seconds, isLive])
  }

  /// How many were refused, and how many links there are, those included that these refusals ended: otherwise each
  /// end would lower the limit for the next.
  private static func refusals(_ db: any SQLSession) throws -> RefusalWave {
    let row = try db.row(
      """
      SELECT COUNT(*) AS refused, COUNT(*) FILTER (WHERE is_live = 0)
      + (SELECT COUNT(*) FROM registration WHERE state = 'live') AS links FROM refusal
      """)
    return RefusalWave(refused: row?["refused"] ?? 0, links: row?["links"] ?? 0)
  }

  private static func isWaveOn(at now: Date, _ db: any SQLSession) throws -> Bool {
    try db.exists(
      "SELECT 1 FROM refusal_wave WHERE passed_at > ?",
      [(now - RefusalLimit.window).seconds])
  }
}
