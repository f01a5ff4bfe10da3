import Foundation
import GRDB

extension SQLiteStorage {
  /// Enters devices; false when one of them, its key or its claim code is known already, and then none is entered.
  public func enter(_ devices: [NewDevice]) async throws -> Bool {
    do {
      try await pool.write { db in
        for device in devices {
          try db.execute(
            sql: "INSERT INTO device (model, serial, claim_code, public_key) VALUES (?, ?, ?, ?)",
            arguments: [device.model, device.serial, device.claimCode.bytes, device.publicKey.bytes])
        }
      }
      return true
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      return false
    }
  }

  /// All devices with the mail address of their owner.
  public func devices() async throws -> [(device: CloudDevice, owner: String?)] {
    try await pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT device.*, owner.email AS email FROM device
          LEFT JOIN ownership ON ownership.device = device.id AND ownership.released_at IS NULL
          LEFT JOIN owner ON owner.id = ownership.owner ORDER BY device.model, device.serial
          """
      ).map { (device: CloudDevice(row: $0), owner: $0["email"]) }
    }
  }

  /// Finds a device by its key. One that comes with its next key keeps that one, and the key before it is nobody's.
  public func device(publicKey: Fingerprint) async throws -> CloudDevice? {
    let known = try await pool.read { db in
      try Row.fetchOne(db, sql: "SELECT * FROM device WHERE public_key = ?", arguments: [publicKey.bytes])
        .map { CloudDevice(row: $0) }
    }
    if let known { return known }
    let isNext = try await pool.read { db in
      try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM device WHERE next_key = ?)", arguments: [publicKey.bytes])
    }
    guard isNext == true else { return nil }
    return try await pool.write { db in
      // A revoked device changes nothing any more.
      try Row.fetchOne(
        db,
        sql: """
          UPDATE device SET public_key = next_key, next_key = NULL WHERE next_key = ? AND state = 'active' RETURNING *
          """, arguments: [publicKey.bytes]
      ).map { CloudDevice(row: $0) }
    }
  }

  /// Trusts a further key of a device until that key is first used; false when the key is another device's.
  public func setNextKey(_ key: Fingerprint, of device: CloudDevice.ID) async throws -> Bool {
    do {
      return try await pool.write { db in
        let isAnothers = try Bool.fetchOne(
          db, sql: "SELECT EXISTS (SELECT 1 FROM device WHERE id <> ? AND public_key = ?)",
          arguments: [device, key.bytes])
        guard isAnothers == false else { return false }
        // The key that it has stays its key.
        try db.execute(
          sql: "UPDATE device SET next_key = ? WHERE id = ? AND public_key <> ?",
          arguments: [key.bytes, device, key.bytes])
        return true
      }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      return false
    }
  }

  /// Trusts a device's key no longer, or again; false when there is no such device.
  public func setState(_ state: CloudDevice.State, model: String, serial: String) async throws -> Bool {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE device SET state = ? WHERE model = ? AND serial = ?", arguments: [state.rawValue, model, serial])
      guard db.changesCount == 1 else { return false }
      if state == .revoked { try Self.countRevocation(model: model, serial: serial, db) }
      return true
    }
  }

  /// Notes that somebody stands at the device and holds its button.
  public func notePresence(of device: CloudDevice.ID, at now: Date) async throws {
    try await pool.write { db in
      try db.execute(sql: "UPDATE device SET present_at = ? WHERE id = ?", arguments: [now.seconds, device])
    }
  }

  /// Makes an owner of who knows serial number and code, if somebody was at the device since then and nobody owns it.
  ///
  /// It does the same work whatever is wrong, so that neither answer nor duration tell what it is.
  public func claim(
    owner: Owner.ID, serial: String, code: Fingerprint, presentSince: Date, at now: Date
  ) async throws -> Ownership? {
    try await pool.write { db in
      try db.execute(
        sql: """
          INSERT INTO ownership (device, owner, claimed_at)
          SELECT id, ?, ? FROM device
          WHERE claim_code = ? AND serial = ? AND state = 'active' AND present_at >= ?
          AND NOT EXISTS (SELECT 1 FROM ownership WHERE ownership.device = device.id AND released_at IS NULL)
          AND EXISTS (SELECT 1 FROM owner WHERE owner.id = ? AND erased_at IS NULL)
          """, arguments: [owner, now.seconds, code.bytes, serial, presentSince.seconds, owner])
      guard db.changesCount == 1 else { return nil }
      let id = db.lastInsertedRowID
      // One presence makes one owner.
      try db.execute(
        sql: "UPDATE device SET present_at = NULL WHERE id = (SELECT device FROM ownership WHERE id = ?)",
        arguments: [id])
      return try Self.ownership(id, db)
    }
  }

  /// The devices of an owner, oldest claim first.
  public func ownerships(of owner: Owner.ID) async throws -> [Ownership] {
    try await pool.read { db in try Self.ownerships(of: owner, db) }
  }

  static func ownerships(of owner: Owner.ID, _ db: Database) throws -> [Ownership] {
    try Row.fetchAll(
      db, sql: ownershipQuery + " AND ownership.owner = ? ORDER BY claimed_at, ownership_id", arguments: [owner]
    ).map(Ownership.init(row:))
  }

  /// A present ownership.
  public func ownership(_ id: Int64) async throws -> Ownership? {
    try await pool.read { db in try Self.ownership(id, db) }
  }

  /// The present ownership of a device.
  public func ownership(device: CloudDevice.ID) async throws -> Ownership? {
    try await pool.read { db in
      try Row.fetchOne(db, sql: Self.ownershipQuery + " AND device = ?", arguments: [device]).map(Ownership.init(row:))
    }
  }

  /// Ends an ownership and takes its link back, as `unlink` does; false when it is none any more.
  public func release(_ ownership: Int64, at now: Date) async throws -> Bool {
    try await pool.write { db in
      guard let current = try Self.ownership(ownership, db) else { return false }
      try Self.release(current, at: now, db)
      try db.execute(sql: "DELETE FROM link_attempt WHERE ownership = ?", arguments: [ownership])
      return true
    }
  }

  static func release(_ ownership: Ownership, at now: Date, _ db: Database) throws {
    _ = try unlink(device: ownership.device.id, at: now, db)
    try db.execute(
      sql: "UPDATE ownership SET released_at = ? WHERE id = ?", arguments: [now.seconds, ownership.id])
    // A long press under the old owner opens no door for a new one.
    try db.execute(sql: "UPDATE device SET present_at = NULL WHERE id = ?", arguments: [ownership.device.id])
  }

  private static let ownershipQuery = """
    SELECT device.*, ownership.id AS ownership_id, ownership.owner AS owner, ownership.claimed_at AS claimed_at
    FROM ownership JOIN device ON device.id = ownership.device WHERE released_at IS NULL
    """

  static func ownership(_ id: Int64, _ db: Database) throws -> Ownership? {
    try Row.fetchOne(db, sql: ownershipQuery + " AND ownership.id = ?", arguments: [id]).map(Ownership.init(row:))
  }
}

extension CloudDevice {
  init(row: Row) {
    // A word that is none of ours is no reason to trust the device.
    let state = State(rawValue: row["state"]) ?? .revoked
    self.init(id: row["id"], model: row["model"], serial: row["serial"], state: state)
  }
}

extension Ownership {
  init(row: Row) {
    self.init(
      id: row["ownership_id"], device: CloudDevice(row: row), owner: row["owner"], claimedAt: row.date("claimed_at"))
  }
}
