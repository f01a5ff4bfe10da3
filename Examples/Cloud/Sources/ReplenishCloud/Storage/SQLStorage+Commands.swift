import Foundation

extension SQLStorage {
  /// Notes a command, once for its identifier; false when the ownership has ended.
  public func note(_ command: DeviceCommand, at now: Date) async throws -> Bool {
    let (action, seconds) = Self.words(command.action)
    return try await database.write { db in
      let isOwned = try db.exists(
        "SELECT 1 FROM ownership WHERE id = ? AND released_at IS NULL", [command.ownership])
      guard isOwned else { return false }
      try db.execute(
        """
        INSERT INTO command (id, ownership, action, seconds, noted_at, expires_at, state)
        VALUES (?, ?, ?, ?, ?, ?, 'open') ON CONFLICT DO NOTHING
        """, [command.id, command.ownership, action, seconds, now.seconds, command.expiresAt.seconds])
      return true
    }
  }

  /// The oldest command that a device is still to do.
  public func nextCommand(device: CloudDevice.ID, at now: Date) async throws -> DeviceCommand? {
    try await database.read { db in
      try db.row(
        """
        SELECT command.* FROM command JOIN ownership ON ownership.id = command.ownership
        JOIN device ON device.id = ownership.device
        WHERE device.id = ? AND device.state = 'active' AND ownership.released_at IS NULL
        AND command.state = 'open' AND command.expires_at > ? ORDER BY command.noted_at, command.id LIMIT 1
        """, [device, now.seconds]
      ).map(DeviceCommand.init(row:))
    }
  }

  /// The device has done it; false when it is none of its own, or one that is over.
  public func finishCommand(_ id: DeviceCommand.ID, device: CloudDevice.ID, at now: Date) async throws -> Bool {
    try await endCommand(id, device, "done", now)
  }

  /// The device does not know how: the command is over. False when it is none of its own, or one that was over.
  public func refuseCommand(_ id: DeviceCommand.ID, device: CloudDevice.ID, at now: Date) async throws -> Bool {
    try await endCommand(id, device, "refused", now)
  }

  /// Ends a command; also true when it ended so before, for an answer may be lost.
  private func endCommand(
    _ id: DeviceCommand.ID, _ device: CloudDevice.ID, _ state: String, _ now: Date
  ) async throws -> Bool {
    try await database.write { db in
      let changed = try db.execute(
        """
        UPDATE command SET state = ?1 WHERE id = ?2 AND (state = ?1 OR (state = 'open' AND expires_at > ?3))
        AND ownership IN (SELECT id FROM ownership WHERE device = ?4 AND released_at IS NULL)
        """, [state, id, now.seconds, device])
      return changed == 1
    }
  }

  /// What became of a command.
  public func commandState(_ id: DeviceCommand.ID, at now: Date) async throws -> CommandState {
    try await database.read { db in
      try db.row(Self.commandQuery + " WHERE command.id = ?", [id]).map { CommandState(row: $0, at: now) } ?? .over
    }
  }

  /// The device of a command, while the ownership lasts.
  public func device(ofCommand id: DeviceCommand.ID) async throws -> CloudDevice.ID? {
    try await database.read { db in
      try db.value(
        """
        SELECT device FROM ownership WHERE released_at IS NULL
        AND id = (SELECT ownership FROM command WHERE command.id = ?)
        """, [id])
    }
  }

  /// Devices that are still to do a command, so many at most.
  public func devicesWithCommands(at now: Date, limit: Int) async throws -> [CloudDevice.ID] {
    try await database.read { db in
      try db.values(
        """
        SELECT DISTINCT ownership.device FROM command JOIN ownership ON ownership.id = command.ownership
        WHERE command.state = 'open' AND command.expires_at > ? AND ownership.released_at IS NULL LIMIT ?
        """, [now.seconds, limit])
    }
  }

  /// What was noted last under an ownership, and what became of it.
  public func latestCommand(
    ownership: Int64, at now: Date
  ) async throws -> (command: DeviceCommand, state: CommandState)? {
    try await database.read { db in
      try db.row(
        Self.commandQuery + " WHERE ownership = ? ORDER BY noted_at DESC, command.id DESC LIMIT 1", [ownership]
      ).map { (DeviceCommand(row: $0), CommandState(row: $0, at: now)) }
    }
  }

  // MARK: Revocations

  /// Whether a device's key is trusted.
  public func isTrusted(_ device: CloudDevice.ID) async throws -> Bool {
    try await database.read { db in
      try db.exists("SELECT 1 FROM device WHERE id = ? AND state = 'active'", [device])
    }
  }

  /// The number of the last revocation, and the devices that were revoked after the one with another number, or none if
  /// that is nil.
  public func revocations(after number: Int64?) async throws -> (last: Int64, devices: [CloudDevice.ID]) {
    try await database.read { db in
      let last: Int64 = try db.value("SELECT MAX(revocation) FROM device WHERE revocation IS NOT NULL") ?? 0
      guard let number, last > number else { return (last, []) }
      return (last, try db.values("SELECT id FROM device WHERE revocation > ? AND state = 'revoked'", [number]))
    }
  }

  static func countRevocation(model: String, serial: String, _ db: any SQLSession) throws {
    try db.execute(
      """
      UPDATE device SET revocation =
      (SELECT COALESCE(MAX(revocation), 0) + 1 FROM device WHERE revocation IS NOT NULL) WHERE model = ? AND serial = ?
      """, [model, serial])
  }

  // MARK: Rows

  private static let commandQuery = """
    SELECT command.*, ownership.released_at AS released_at FROM command
    JOIN ownership ON ownership.id = command.ownership
    """

  private static func words(_ action: DeviceCommand.Action) -> (String, Int) {
    switch action {
    case .identify(let seconds): ("identify", Int(seconds))
    }
  }
}

extension DeviceCommand {
  init(row: SQLRow) {
    self.init(
      id: row["id"], ownership: row["ownership"],
      action: .identify(seconds: UInt16(clamping: row["seconds"] as Int)), expiresAt: row.date("expires_at"))
  }
}

extension CommandState {
  init(row: SQLRow, at now: Date) {
    switch row["state"] as String {
    case "done": self = .done
    case "open" where row.date("expires_at") > now && row.dateIfAny("released_at") == nil: self = .open
    default: self = .over
    }
  }
}
