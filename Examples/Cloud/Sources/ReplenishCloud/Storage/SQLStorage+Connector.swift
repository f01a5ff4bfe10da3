import Foundation

extension SQLStorage {
  /// Puts an event on disk, once for its identifier; false when its owner's account is erased.
  public func note(_ event: ConnectorEvent, at now: Date) async throws -> Bool {
    try await database.write { db in try Self.insert(event, at: now, db) }
  }

  private static func insert(_ event: ConnectorEvent, at now: Date, _ db: any SQLSession) throws -> Bool {
    let changed = try db.execute(
      """
      INSERT INTO connector_event (id, grant_id, owner, user_id, connector, kind, reference, device, command,
      seconds, state, noted_at, expires_at, next_attempt_at)
      SELECT ?, ?, id, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ? FROM owner WHERE id = ? AND erased_at IS NULL
      ON CONFLICT DO NOTHING
      """,
      [
        event.id, event.grant, event.userID, event.connector, event.kind.rawValue, event.reference, event.device,
        event.command, event.seconds.map(Int.init), now.seconds, event.expiresAt.seconds, now.seconds, event.owner,
      ])
    return try changed == 1 || db.exists("SELECT 1 FROM connector_event WHERE id = ?", [event.id])
  }

  /// Events that somebody should work on now.
  public func dueConnectorEvents(at now: Date, limit: Int) async throws -> [ConnectorEvent] {
    try await database.read { db in
      try db.rows(
        """
        SELECT * FROM connector_event WHERE state = 'open' AND next_attempt_at <= ?
        AND (lease IS NULL OR lease_until <= ?) ORDER BY next_attempt_at LIMIT ?
        """, [now.seconds, now.seconds, limit]
      ).map(ConnectorEvent.init(row:))
    }
  }

  /// Makes the caller the one who works on an event, until then; nil when somebody else does, or nothing is left to do.
  public func leaseConnectorEvent(
    _ id: ConnectorEvent.ID, lease: String, until: Date, at now: Date
  ) async throws -> ConnectorEvent? {
    try await database.write { db in
      try db.row(
        """
        UPDATE connector_event SET lease = ?, lease_until = ? WHERE id = ? AND state = 'open'
        AND next_attempt_at <= ? AND (lease IS NULL OR lease_until <= ?) RETURNING *
        """, [lease, until.seconds, id, now.seconds, now.seconds]
      ).map(ConnectorEvent.init(row:))
    }
  }

  /// Ends an event and gives the lease back; the one that follows begins in the same transaction.
  public func finish(
    _ event: ConnectorEvent, lease: String, _ state: ConnectorEvent.State, then next: ConnectorEvent?, at now: Date
  ) async throws {
    try await database.write { db in
      let changed = try db.execute(
        "UPDATE connector_event SET state = ?, lease = NULL WHERE id = ? AND state = 'open' AND lease = ?",
        [state.rawValue, event.id, lease])
      if changed == 1, let next { _ = try Self.insert(next, at: now, db) }
    }
  }

  /// Gives the lease back; it is tried again then.
  ///
  /// - Parameter wasSent: Whether this counts as a try.
  public func postpone(_ event: ConnectorEvent, lease: String, until: Date, wasSent: Bool) async throws {
    try await database.write { db in
      try db.execute(
        """
        UPDATE connector_event SET lease = NULL, next_attempt_at = ?, attempts = attempts + ?
        WHERE id = ? AND lease = ?
        """, [until.seconds, wasSent ? 1 : 0, event.id, lease])
    }
  }
}

extension ConnectorEvent {
  init(row: SQLRow) {
    let seconds: Int? = row["seconds"]
    self.init(
      id: row["id"], grant: row["grant_id"], owner: row["owner"], userID: row["user_id"], connector: row["connector"],
      // A word that is none of ours says nothing about a device.
      kind: Kind(rawValue: row["kind"]) ?? .identifying, reference: row["reference"], device: row["device"],
      command: row["command"], seconds: seconds.flatMap { UInt16(exactly: $0) }, expiresAt: row.date("expires_at"),
      attempts: row["attempts"])
  }
}
