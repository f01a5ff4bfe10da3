import Foundation

extension SQLStorage {
  /// Puts a press on disk, once for each identifier, joining one for the same slot that is still open. One that is new
  /// and is to be worked on gets the lease in the same transaction: another one would be another wait for the disk.
  public func note(
    _ press: NewPress, device: CloudDevice.ID, limits: PressLimits, lease: PressLease?, at now: Date
  ) async throws -> PressReceipt {
    try await database.write { db in
      if let known = try Self.press(press.id, device, db) {
        return known.slot == press.slot ? .noted(known) : .conflict
      }
      let count: Int? = try db.value(
        "SELECT COUNT(*) FROM press WHERE device = ? AND received_at > ?",
        [device, (now - 3600).seconds])
      guard (count ?? 0) < limits.perHour else { return .tooMany }
      let link = try db.row(
        "SELECT id, generation, linked_at FROM registration WHERE device = ? AND state = 'live'",
        [device])
      // The device's clock may run a little fast; nobody presses in the future.
      let pressedAt = press.pressedAt.map { min($0, now) }
      let end: (state: Press.State, reason: String)?
      switch (pressedAt, link) {
      case (nil, _): end = (.expired, "age-unknown")
      case (let at?, _) where at + limits.lifetime <= now: end = (.expired, "too-old")
      case (_, nil): end = (.void, "not-linked")
      // Whoever pressed then may be somebody else than who pays now.
      case (let at?, let link?) where at < link.date("linked_at"): end = (.void, "before-link")
      default: end = nil
      }
      let joined: String? =
        end == nil
        ? try db.value(
          """
          SELECT id FROM press WHERE registration = ? AND slot = ? AND state IN ('noted', 'sending')
          AND joined IS NULL
          """, [link?["id"] as Int64?, press.slot]) : nil
      let lease = end == nil && joined == nil ? lease : nil
      try db.execute(
        """
        INSERT INTO press (device, id, ownership, registration, generation, slot, pressed_at, received_at,
        expires_at, state, reason, joined, next_attempt_at, lease, lease_until)
        VALUES (?, ?, (SELECT id FROM ownership WHERE device = ? AND released_at IS NULL), ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?)
        """,
        [
          device, press.id, device, link?["id"] as Int64?, link?["generation"] as Int64?, press.slot,
          (pressedAt ?? now).seconds, now.seconds, ((pressedAt ?? now) + limits.lifetime).seconds,
          (end?.state ?? .noted).rawValue, end?.reason, joined, now.seconds, lease?.name, lease?.until.seconds,
        ])
      guard let noted = try Self.press(press.id, device, db) else { return .conflict }
      return lease == nil ? .noted(noted) : .leased(noted)
    }
  }

  /// Finds a press.
  public func press(_ id: String, device: CloudDevice.ID) async throws -> Press? {
    try await database.read { db in try Self.press(id, device, db) }
  }

  private static func press(_ id: String, _ device: CloudDevice.ID, _ db: any SQLSession) throws -> Press? {
    try db.row("SELECT * FROM press WHERE device = ? AND id = ?", [device, id])
      .map(Press.init(row:))
  }

  /// Presses that somebody should work on now.
  public func duePresses(at now: Date, limit: Int) async throws -> [Press] {
    try await database.read { db in
      try db.rows(
        """
        SELECT * FROM press WHERE state IN ('noted', 'sending') AND joined IS NULL
        AND next_attempt_at <= ? AND (lease IS NULL OR lease_until <= ?) ORDER BY next_attempt_at LIMIT ?
        """, [now.seconds, now.seconds, limit]
      ).map(Press.init(row:))
    }
  }

  /// Makes the caller the one who works on a press, until then; nil when somebody else does, or nothing is left to do.
  public func leasePress(_ press: Press, _ lease: PressLease, at now: Date) async throws -> Press? {
    try await database.write { db in
      let changed = try db.execute(
        """
        UPDATE press SET lease = ?, lease_until = ? WHERE device = ? AND id = ?
        AND state IN ('noted', 'sending') AND joined IS NULL AND (lease IS NULL OR lease_until <= ?)
        """, [lease.name, lease.until.seconds, press.device, press.id, now.seconds])
      guard changed == 1 else { return nil }
      return try Self.press(press.id, press.device, db)
    }
  }

  /// Marks, before a call leaves, that it may have left; false when the link is not the press's any more.
  public func beginSending(_ press: Press, lease: String, at now: Date) async throws -> Bool {
    try await database.write { db in
      let changed = try db.execute(
        """
        UPDATE press SET state = 'sending', first_sent_at = COALESCE(first_sent_at, ?), attempts = attempts + 1
        WHERE device = ? AND id = ? AND state IN ('noted', 'sending') AND lease = ? AND EXISTS
        (SELECT 1 FROM registration WHERE registration.id = press.registration
        AND registration.generation = press.generation AND registration.state = 'live')
        """, [now.seconds, press.device, press.id, lease])
      return changed == 1
    }
  }

  /// Ends a press and those that joined it, and gives the lease back; the press as it is then, nil when the lease was
  /// not the caller's any more.
  @discardableResult
  public func finish(_ press: Press, lease: String, _ result: PressResult) async throws -> Press? {
    try await database.write { db in
      let changed = try db.execute(
        """
        UPDATE press SET state = ?, reason = ?, detail_code = ?, event_instance_id = ?, lease = NULL
        WHERE device = ? AND id = ? AND state IN ('noted', 'sending') AND lease = ?
        """,
        [
          result.state.rawValue, result.reason, result.detailCode, result.eventInstanceID, press.device, press.id,
          lease,
        ])
      guard changed == 1 else { return nil }
      try db.execute(
        """
        UPDATE press SET state = ?, reason = ?, detail_code = ?, event_instance_id = ?
        WHERE device = ? AND joined = ? AND state = 'noted'
        """,
        [
          result.state.rawValue, result.reason, result.detailCode, result.eventInstanceID, press.device, press.id,
        ])
      return try Self.press(press.id, press.device, db)
    }
  }

  /// Gives the lease back; it is tried again then.
  ///
  /// - Parameter wasRefused: Amazon is known to have done nothing in any call made so far.
  public func postpone(_ press: Press, lease: String, until: Date, wasRefused: Bool) async throws {
    try await database.write { db in
      try db.execute(
        """
        UPDATE press SET lease = NULL, next_attempt_at = ?,
        first_sent_at = CASE WHEN ? = 1 THEN NULL ELSE first_sent_at END,
        state = CASE WHEN ? = 1 AND state = 'sending' THEN 'noted' ELSE state END
        WHERE device = ? AND id = ? AND lease = ?
        """, [until.seconds, wasRefused, wasRefused, press.device, press.id, lease])
    }
  }

  /// The newest presses under an ownership, joined ones left out.
  public func presses(ownership: Int64, limit: Int) async throws -> [Press] {
    try await database.read { db in
      try db.rows(
        "SELECT * FROM press WHERE ownership = ? AND joined IS NULL ORDER BY received_at DESC, id LIMIT ?",
        [ownership, limit]
      ).map(Press.init(row:))
    }
  }

  /// Notes what Amazon said of an order at a moment, unless something newer is known.
  public func setOrderStatus(_ status: String, of press: Press, at moment: Date) async throws {
    try await database.write { db in
      try db.execute(
        """
        UPDATE press SET order_status = ?, order_status_at = ? WHERE device = ? AND id = ?
        AND (order_status_at IS NULL OR order_status_at <= ?)
        """, [status, moment.seconds, press.device, press.id, moment.seconds])
    }
  }
}

extension Press {
  init(row: SQLRow) {
    // A word that is none of ours: nobody knows what was sent, so nothing is sent again.
    let state = State(rawValue: row["state"]) ?? .inDoubt
    self.init(
      id: row["id"], device: row["device"], registration: row["registration"], generation: row["generation"],
      slot: row["slot"], pressedAt: row.date("pressed_at"), expiresAt: row.date("expires_at"), state: state,
      reason: row["reason"], detailCode: row["detail_code"], eventInstanceID: row["event_instance_id"],
      orderStatus: row["order_status"], firstSentAt: row.dateIfAny("first_sent_at"), attempts: row["attempts"])
  }
}
