import Foundation
import OAuthServer

extension SQLStorage {
  // MARK: Export

  /// Everything the cloud knows of an owner, without secrets; nil when there is no such account.
  public func export(of owner: Owner.ID) async throws -> OwnerExport? {
    try await database.read { db in try Self.export(of: owner, db) }
  }

  static func export(of owner: Owner.ID, _ db: any SQLSession) throws -> OwnerExport? {
    let account = try db.row(
      """
      SELECT email, created_at,
      (SELECT COUNT(*) FROM recovery_code WHERE recovery_code.owner = owner.id AND used_at IS NULL) AS codes
      FROM owner WHERE id = ? AND erased_at IS NULL
      """, [owner])
    guard let account else { return nil }
    let sessions = try db.rows("SELECT expires_at FROM session WHERE owner = ? ORDER BY expires_at", [owner])
    let devices = try db.rows(
      """
      SELECT ownership.id AS id, model, serial, claimed_at, released_at, shared_device.name AS name
      FROM ownership JOIN device ON device.id = ownership.device
      LEFT JOIN shared_device ON shared_device.ownership = ownership.id
      WHERE owner = ? ORDER BY claimed_at, ownership.id
      """, [owner])
    let told = try db.rows(
      """
      SELECT user_id, kind, reference, state, noted_at FROM connector_event WHERE owner = ? ORDER BY noted_at, id
      """, [owner])
    return OwnerExport(
      account: .init(
        email: account["email"], openedAt: account.date("created_at"), recoveryCodesLeft: account["codes"]),
      sessions: sessions.map { .init(until: $0.date("expires_at")) }, apps: try exportedApps(owner, db),
      devices: try devices.map { row in
        OwnerExport.Device(
          model: row["model"], serial: row["serial"], claimedAt: row.date("claimed_at"),
          releasedAt: row.dateIfAny("released_at"), idForApps: row["name"],
          registrations: try exportedLinks(ownership: row["id"], db),
          presses: try exportedPresses(ownership: row["id"], db),
          commands: try exportedCommands(ownership: row["id"], db))
      },
      managedIntegrations: told.map { row in
        OwnerExport.Told(
          userId: row["user_id"], kind: row["kind"], reference: row["reference"], state: row["state"],
          notedAt: row.date("noted_at"))
      })
  }

  private static func exportedApps(_ owner: Owner.ID, _ db: any SQLSession) throws -> [OwnerExport.App] {
    try db.rows(
      """
      SELECT client, name, user_id FROM client_user JOIN oauth_client ON oauth_client.id = client_user.client
      WHERE owner = ? ORDER BY name, client
      """, [owner]
    ).map { app in
      let client: String = app["client"]
      let grants = try db.rows(
        "SELECT * FROM access_grant WHERE owner = ? AND client = ? ORDER BY created_at, id", [owner, client])
      return OwnerExport.App(
        name: app["name"], clientId: client, userId: app["user_id"],
        grants: grants.map {
          .init(scope: $0["scope"], since: $0.date("created_at"), lastUsedAt: $0.date("last_used_at"))
        })
    }
  }

  private static func exportedLinks(ownership: Int64, _ db: any SQLSession) throws -> [OwnerExport.Link] {
    try db.rows(
      """
      SELECT id, generation, client_id, NULLIF(amazon_user, '') AS amazon_user, state, linked_at, unlinked_at
      FROM registration WHERE ownership = ? ORDER BY id
      """, [ownership]
    ).map { row in
      OwnerExport.Link(
        generation: row["generation"], clientId: row["client_id"], amazonUserId: row["amazon_user"],
        state: row["state"], linkedAt: row.date("linked_at"), unlinkedAt: row.dateIfAny("unlinked_at"),
        slots: try slots(of: row["id"], db))
    }
  }

  private static func exportedPresses(ownership: Int64, _ db: any SQLSession) throws -> [OwnerExport.Press] {
    try db.rows(
      """
      SELECT id, slot, pressed_at, received_at, generation, state, reason, detail_code, event_instance_id,
      order_status, order_status_at FROM press WHERE ownership = ? ORDER BY received_at, id
      """, [ownership]
    ).map { row in
      OwnerExport.Press(
        id: row["id"], slot: row["slot"], pressedAt: row.date("pressed_at"), receivedAt: row.date("received_at"),
        generation: row["generation"], state: row["state"], reason: row["reason"], detailCode: row["detail_code"],
        orderId: row["event_instance_id"], orderState: row["order_status"],
        orderStateAt: row.dateIfAny("order_status_at"))
    }
  }

  private static func exportedCommands(ownership: Int64, _ db: any SQLSession) throws -> [OwnerExport.Command] {
    try db.rows(
      "SELECT action, seconds, noted_at, state FROM command WHERE ownership = ? ORDER BY noted_at, id", [ownership]
    ).map { row in
      OwnerExport.Command(
        action: row["action"], seconds: row["seconds"], askedAt: row.date("noted_at"), state: row["state"])
    }
  }

  // MARK: Erasure

  /// Erases an account as far as that is possible at once: nobody signs in, the mail address is free, every device is
  /// released, which takes its link back. False when there is no such account.
  public func beginErasure(of owner: Owner.ID, at now: Date) async throws -> Bool {
    try await database.write { db in
      guard let record = try Self.owner(owner, db) else { return false }
      // A browser that is at Amazon keeps its attempt: what it brings back must be taken back.
      for ownership in try Self.ownerships(of: owner, db) { try Self.release(ownership, at: now, db) }
      // With an owner's names towards apps go the grants, with those their codes and tokens.
      for table in ["session", "recovery_code", "amazon_account", "client_user"] {
        try db.execute("DELETE FROM \(table) WHERE owner = ?", [owner])
      }
      try db.execute("DELETE FROM mail_ticket WHERE email = ?", [record.email])
      // Now, and not at the end: by then the address may be another account's.
      let names = Throttle.names(of: record)
      for name in names.whole { try db.execute("DELETE FROM attempt WHERE name = ?", [name]) }
      try db.execute(
        "DELETE FROM attempt WHERE name >= ? AND substr(name, 1, length(?)) = ?",
        [names.beginning, names.beginning, names.beginning])
      try db.execute(
        "UPDATE owner SET email = ?, password = ?, erased_at = ? WHERE id = ?",
        [Self.noAddress(owner), Self.noPassword, now.seconds, owner])
      return true
    }
  }

  /// What stands where the mail address was: unique, and none that anybody can type.
  private static func noAddress(_ owner: Owner.ID) -> String { "erased " + owner }

  /// What stands where the password was: the form of none.
  private static var noPassword: String { "erased" }

  /// The ownership of nobody, under which a link is taken back whose own one is deleted already. It is deleted like
  /// that of any erased account.
  static func nobodysOwnership(of device: CloudDevice.ID, at now: Date, _ db: any SQLSession) throws -> Int64 {
    let nobody = randomText(bytes: 16)
    try db.execute(
      "INSERT INTO owner (id, email, password, created_at, erased_at) VALUES (?, ?, ?, ?, ?)",
      [nobody, noAddress(nobody), noPassword, now.seconds, now.seconds])
    return try db.inserted(
      "INSERT INTO ownership (device, owner, claimed_at, released_at) VALUES (?, ?, ?, ?) RETURNING id",
      [device, nobody, now.seconds, now.seconds])
  }

  /// Deletes for good what is left of erased accounts of which nothing is open any more, neither a link that Amazon is
  /// being told of nor a press nor a way to Amazon and back; returns how many there were.
  public func finishErasures(at now: Date) async throws -> Int {
    let owners = try await database.read { db in
      try db.values(Self.closedErasures, [now.seconds]) as [String]
    }
    var count = 0
    for owner in owners {
      let isDeleted = try await database.write { db in
        let isClosed = try db.exists("\(Self.closedErasures) AND owner.id = ?2", [now.seconds, owner])
        guard isClosed else { return false }
        for (table, rows) in Self.erasedRows {
          try db.execute("DELETE FROM \(table) WHERE \(rows)", [owner])
        }
        return true
      }
      if isDeleted { count += 1 }
    }
    if count > 0 { await database.forgetDeleted() }
    return count
  }

  private static let closedErasures = """
    SELECT owner.id FROM owner WHERE erased_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM ownership JOIN registration ON registration.ownership = ownership.id
    WHERE ownership.owner = owner.id AND registration.state IN ('live', 'unlinking'))
    AND NOT EXISTS (SELECT 1 FROM ownership JOIN press ON press.ownership = ownership.id
    WHERE ownership.owner = owner.id AND press.state IN ('noted', 'sending'))
    AND NOT EXISTS (SELECT 1 FROM ownership JOIN link_attempt ON link_attempt.ownership = ownership.id
    WHERE ownership.owner = owner.id AND link_attempt.expires_at > ?1)
    """

  private static let ownerships = "SELECT id FROM ownership WHERE owner = ?1"
  private static let registrations = "SELECT id FROM registration WHERE ownership IN (\(ownerships))"

  /// Which rows reach an owner, in an order that the foreign keys allow. A test compares the tables with the schema, so
  /// that none is forgotten.
  static let erasedRows: [(table: String, rows: String)] = [
    ("connector_event", "owner = ?1"),
    ("slot", "registration IN (\(registrations))"),
    ("press", "ownership IN (\(ownerships)) OR registration IN (\(registrations))"),
    ("registration", "ownership IN (\(ownerships))"),
    ("command", "ownership IN (\(ownerships))"),
    ("link_attempt", "ownership IN (\(ownerships))"),
    ("shared_device", "ownership IN (\(ownerships))"),
    ("ownership", "owner = ?1"),
    ("amazon_account", "owner = ?1"),
    ("session", "owner = ?1"),
    ("recovery_code", "owner = ?1"),
    ("attempt", "name = 'claim ' || ?1"),
    ("owner", "id = ?1"),
  ]
}
