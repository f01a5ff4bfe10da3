import Foundation

extension SQLStorage {
  /// Enters devices; false when one of them, its key or its claim code is known already, and then none is entered.
  public func enter(_ devices: [NewDevice]) async throws -> Bool {
    do {
      try await database.write { db in
        for device in devices {
          try db.execute(
            "INSERT INTO device (model, serial, claim_code, public_key) VALUES (?, ?, ?, ?)",
            [device.model, device.serial, device.claimCode.bytes, device.publicKey.bytes])
        }
      }
      return true
    } catch is SQLConflict {
      return false
    }
  }

  /// All devices with the mail address of their owner.
  public func devices() async throws -> [(device: CloudDevice, owner: String?)] {
    try await database.read { db in
      try db.rows(
        """
        SELECT device.*, owner.email AS email FROM device
        LEFT JOIN ownership ON ownership.device = device.id AND ownership.released_at IS NULL
        LEFT JOIN owner ON owner.id = ownership.owner ORDER BY device.model, device.serial
        """
      ).map { (device: CloudDevice(row: $0), owner: $0["email"]) }
    }
  }

  /// Finds a device by its key. One that comes with its next key keeps that one, and the key before it is nobody's.
  public func device(publicKey: Fingerprint) async throws -> CloudDevice? {
    let known = try await database.read { db in
      try db.row("SELECT * FROM device WHERE public_key = ?", [publicKey.bytes])
        .map { CloudDevice(row: $0) }
    }
    if let known { return known }
    let isNext = try await database.read { db in
      try db.exists("SELECT 1 FROM device WHERE next_key = ?", [publicKey.bytes])
    }
    guard isNext else { return nil }
    return try await database.write { db in
      // A revoked device changes nothing any more.
      try db.row(
        """
        UPDATE device SET public_key = next_key, next_key = NULL WHERE next_key = ? AND state = 'active' RETURNING *
        """, [publicKey.bytes]
      ).map { CloudDevice(row: $0) }
    }
  }

  /// Trusts a further key of a device until that key is first used; false when the key is another device's.
  public func setNextKey(_ key: Fingerprint, of device: CloudDevice.ID) async throws -> Bool {
    do {
      return try await database.write { db in
        let isAnothers = try db.exists(
          "SELECT 1 FROM device WHERE id <> ? AND public_key = ?",
          [device, key.bytes])
        guard !isAnothers else { return false }
        // The key that it has stays its key.
        try db.execute(
          "UPDATE device SET next_key = ? WHERE id = ? AND public_key <> ?",
          [key.bytes, device, key.bytes])
        return true
      }
    } catch is SQLConflict {
      return false
    }
  }

  /// Trusts a device's key no longer, or again; false when there is no such device.
  public func setState(_ state: CloudDevice.State, model: String, serial: String) async throws -> Bool {
    try await database.write { db in
      let changed = try db.execute(
        "UPDATE device SET state = ? WHERE model = ? AND serial = ?", [state.rawValue, model, serial])
      guard changed == 1 else { return false }
      if state == .revoked { try Self.countRevocation(model: model, serial: serial, db) }
      return true
    }
  }

  /// Notes that somebody stands at the device and holds its button.
  public func notePresence(of device: CloudDevice.ID, at now: Date) async throws {
    try await database.write { db in
      try db.execute("UPDATE device SET present_at = ? WHERE id = ?", [now.seconds, device])
    }
  }

  /// Makes an owner of who knows serial number and code, if somebody was at the device since then and nobody owns it.
  ///
  /// It does the same work whatever is wrong, so that neither answer nor duration tell what it is.
  public func claim(
    owner: Owner.ID, serial: String, code: Fingerprint, presentSince: Date, at now: Date
  ) async throws -> Ownership? {
    try await database.write { db in
      let id: Int64? = try db.value(
        """
        INSERT INTO ownership (device, owner, claimed_at)
        SELECT id, ?, ? FROM device
        WHERE claim_code = ? AND serial = ? AND state = 'active' AND present_at >= ?
        AND NOT EXISTS (SELECT 1 FROM ownership WHERE ownership.device = device.id AND released_at IS NULL)
        AND EXISTS (SELECT 1 FROM owner WHERE owner.id = ? AND erased_at IS NULL)
        RETURNING id
        """, [owner, now.seconds, code.bytes, serial, presentSince.seconds, owner])
      guard let id else { return nil }
      // One presence makes one owner.
      try db.execute(
        "UPDATE device SET present_at = NULL WHERE id = (SELECT device FROM ownership WHERE id = ?)",
        [id])
      return try Self.ownership(id, db)
    }
  }

  /// The devices of an owner, oldest claim first.
  public func ownerships(of owner: Owner.ID) async throws -> [Ownership] {
    try await database.read { db in try Self.ownerships(of: owner, db) }
  }

  static func ownerships(of owner: Owner.ID, _ db: any SQLSession) throws -> [Ownership] {
    try db.rows(
      ownershipQuery + " AND ownership.owner = ? ORDER BY claimed_at, ownership_id", [owner]
    ).map(Ownership.init(row:))
  }

  /// A present ownership.
  public func ownership(_ id: Int64) async throws -> Ownership? {
    try await database.read { db in try Self.ownership(id, db) }
  }

  /// The present ownership of a device.
  public func ownership(device: CloudDevice.ID) async throws -> Ownership? {
    try await database.read { db in
      try db.row(Self.ownershipQuery + " AND device = ?", [device]).map(Ownership.init(row:))
    }
  }

  /// Ends an ownership and takes its link back, as `unlink` does; false when it is none any more. An attempt to link stays
  /// until it expires: what Amazon allows meanwhile is taken back when the browser returns.
  public func release(_ ownership: Int64, at now: Date) async throws -> Bool {
    try await database.write { db in
      guard let current = try Self.ownership(ownership, db) else { return false }
      try Self.release(current, at: now, db)
      return true
    }
  }

  static func release(_ ownership: Ownership, at now: Date, _ db: any SQLSession) throws {
    _ = try unlink(device: ownership.device.id, at: now, db)
    try db.execute("UPDATE ownership SET released_at = ? WHERE id = ?", [now.seconds, ownership.id])
    // A long press under the old owner opens no door for a new one.
    try db.execute("UPDATE device SET present_at = NULL WHERE id = ?", [ownership.device.id])
  }

  private static let ownershipQuery = """
    SELECT device.*, ownership.id AS ownership_id, ownership.owner AS owner, ownership.claimed_at AS claimed_at
    FROM ownership JOIN device ON device.id = ownership.device WHERE released_at IS NULL
    """

  static func ownership(_ id: Int64, _ db: any SQLSession) throws -> Ownership? {
    try db.row(ownershipQuery + " AND ownership.id = ?", [id]).map(Ownership.init(row:))
  }
}

extension CloudDevice {
  init(row: SQLRow) {
    // A word that is none of ours is no reason to trust the device.
    let state = State(rawValue: row["state"]) ?? .revoked
    self.init(id: row["id"], model: row["model"], serial: row["serial"], state: state)
  }
}

extension Ownership {
  init(row: SQLRow) {
    self.init(
      id: row["ownership_id"], device: CloudDevice(row: row), owner: row["owner"], claimedAt: row.date("claimed_at"))
  }
}
