import Foundation

extension SQLStorage {
  /// Remembers a way to Amazon and back; false when the device is not the owner's any more.
  public func insert(_ attempt: LinkAttempt, state: Fingerprint) async throws -> Bool {
    let verifier = try vault.seal(attempt.verifier, for: Self.verifierPlace(state))
    return try await database.write { db in
      let changed = try db.execute(
        """
        INSERT INTO link_attempt (state, session, ownership, verifier, expires_at)
        SELECT ?, ?, id, ?, ? FROM ownership WHERE id = ? AND released_at IS NULL
        """,
        [
          state.bytes, attempt.session.bytes, verifier, attempt.expiresAt.seconds, attempt.ownership,
        ])
      return changed == 1
    }
  }

  /// Takes an attempt that this session began and that is still alive; nobody gets it a second time.
  public func takeAttempt(state: Fingerprint, session: Fingerprint, at now: Date) async throws -> LinkAttempt? {
    let vault = vault
    return try await database.write { db in
      try Self.takeAttempt(state, at: now, "session = ?", [session.bytes], vault, db)
    }
  }

  /// Takes a living attempt whose owner's account was erased meanwhile, whatever the session: what it brings is only
  /// taken back.
  public func takeErasedAttempt(state: Fingerprint, at now: Date) async throws -> LinkAttempt? {
    let vault = vault
    return try await database.write { db in
      try Self.takeAttempt(
        state, at: now, "owner IN (SELECT id FROM owner WHERE erased_at IS NOT NULL)", [], vault, db)
    }
  }

  private static func takeAttempt(
    _ state: Fingerprint, at now: Date, _ condition: String, _ values: [(any SQLConvertible)?], _ vault: TokenVault,
    _ db: any SQLSession
  ) throws -> LinkAttempt? {
    let row = try db.row(
      """
      SELECT link_attempt.*, ownership.device AS device FROM link_attempt
      JOIN ownership ON ownership.id = link_attempt.ownership WHERE state = ? AND expires_at > ? AND \(condition)
      """, [state.bytes, now.seconds] + values)
    guard let row else { return nil }
    try db.execute("DELETE FROM link_attempt WHERE state = ?", [state.bytes])
    return LinkAttempt(
      session: Fingerprint(stored: row["session"]), ownership: row["ownership"], device: row["device"],
      verifier: try vault.open(row["verifier"], at: verifierPlace(state)), expiresAt: row.date("expires_at"))
  }

  static func verifierPlace(_ state: Fingerprint) -> TokenVault.Place {
    TokenVault.Place(table: "link_attempt", row: state.hexadecimal, column: "verifier", generation: 0)
  }

  /// Puts a link on record. Where that is refused for the owner's sake, the tokens are kept for taking it back, also
  /// when nothing is left of the ownership.
  public func link(
    _ ownership: Int64, device: CloudDevice.ID, clientID: String, amazonUser: String, tokens: TokenPair, at now: Date
  ) async throws -> LinkOutcome {
    let vault = vault
    return try await database.write { db in
      guard let current = try Self.ownership(ownership, db) else {
        try Self.enter(ownership, device, clientID, amazonUser, tokens, .unlinking, now, vault, db)
        return .noLongerOwned
      }
      guard try !Self.hasOpenRegistration(current.device.id, db) else { return .alreadyLinked }
      try db.execute(
        "INSERT INTO amazon_account (user_id, owner) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [amazonUser, current.owner])
      let holder: String? = try db.value("SELECT owner FROM amazon_account WHERE user_id = ?", [amazonUser])
      guard holder == current.owner else {
        // Whose account it is stays with that owner's rows, and goes with them.
        try Self.enter(ownership, device, clientID, "", tokens, .unlinking, now, vault, db)
        return .otherOwner
      }
      guard let id = try Self.enter(ownership, device, clientID, amazonUser, tokens, .live, now, vault, db),
        let registration = try Self.registration(id, vault, db)
      else { return .alreadyLinked }
      return .linked(registration)
    }
  }

  /// Keeps tokens of a registration that nobody is to use, only for taking it back at Amazon.
  public func abandon(
    _ tokens: TokenPair, ownership: Int64, device: CloudDevice.ID, clientID: String, at now: Date
  ) async throws {
    let vault = vault
    _ = try await database.write { db in
      try Self.enter(ownership, device, clientID, "", tokens, .unlinking, now, vault, db)
    }
  }

  /// Enters a registration, live or to be taken back; nil when the device has an open one, whose end at Amazon would
  /// be the end of this one too.
  @discardableResult
  private static func enter(
    _ ownership: Int64, _ device: CloudDevice.ID, _ clientID: String, _ amazonUser: String, _ tokens: TokenPair,
    _ state: Registration.State, _ now: Date, _ vault: TokenVault, _ db: any SQLSession
  ) throws -> Registration.ID? {
    guard try !hasOpenRegistration(device, db) else { return nil }
    let isThere = try db.exists("SELECT 1 FROM ownership WHERE id = ?", [ownership])
    guard isThere else {
      // The owner's account was erased while Amazon was asked: under nobody's name it is taken back all the same.
      let nobodys = try nobodysOwnership(of: device, at: now, db)
      return try enter(nobodys, device, clientID, "", tokens, .unlinking, now, vault, db)
    }
    try db.execute("UPDATE device SET generation = generation + 1 WHERE id = ?", [device])
    let id = try db.inserted(
      """
      INSERT INTO registration
      (device, ownership, generation, client_id, amazon_user, state, linked_at, unlinked_at, expires_at)
      SELECT id, ?, generation, ?, ?, ?, ?, ?, ? FROM device WHERE id = ?
      RETURNING id
      """,
      [
        ownership, clientID, amazonUser, state.rawValue, now.seconds, state == .live ? nil : now.seconds,
        tokens.expiresAt.seconds, device,
      ])
    guard let registration = try registration(id, vault, db) else { return nil }
    try store(tokens, of: registration, vault, db)
    return id
  }

  /// A registration with its tokens.
  public func registration(_ id: Registration.ID) async throws -> Registration? {
    let vault = vault
    return try await database.read { db in try Self.registration(id, vault, db) }
  }

  /// The newest registration under an ownership.
  public func latestRegistration(ownership: Int64) async throws -> Registration? {
    let vault = vault
    return try await database.read { db in
      try db.row(
        Self.registrationQuery + " WHERE ownership = ? ORDER BY registration.id DESC LIMIT 1",
        [ownership]
      ).map { try Registration(row: $0, vault) }
    }
  }

  /// The registrations that can order, of a device and a client; of any model, where that is nil.
  public func liveRegistrations(model: String?, serial: String, clientID: String) async throws -> [Registration] {
    let vault = vault
    return try await database.read { db in
      try db.rows(
        Self.registrationQuery + """
           WHERE device.serial = ? AND device.model = COALESCE(?, device.model) AND client_id = ?
          AND registration.state = 'live'
          """, [serial, model, clientID]
      ).map { try Registration(row: $0, vault) }
    }
  }

  /// The registration of a device that can order.
  public func liveRegistration(device: CloudDevice.ID) async throws -> Registration? {
    let vault = vault
    return try await database.read { db in
      try db.row(
        Self.registrationQuery + " WHERE device = ? AND registration.state = 'live'", [device]
      ).map { try Registration(row: $0, vault) }
    }
  }

  /// Whether a link of the device still exists or is being taken back, whoever's it is.
  public func hasOpenRegistration(device: CloudDevice.ID) async throws -> Bool {
    try await database.read { db in try Self.hasOpenRegistration(device, db) }
  }

  private static func hasOpenRegistration(_ device: CloudDevice.ID, _ db: any SQLSession) throws -> Bool {
    try db.exists(
      "SELECT 1 FROM registration WHERE device = ? AND state IN ('live', 'unlinking')",
      [device])
  }

  // MARK: Refresh

  /// Makes the caller the one who refreshes, until then; false when somebody else is.
  public func leaseRefresh(
    _ registration: Registration, lease: String, until: Date, at now: Date
  ) async throws -> Bool {
    try await database.write { db in
      let changed = try db.execute(
        """
        UPDATE registration SET lease = ?, lease_until = ?
        WHERE id = ? AND generation = ? AND state IN ('live', 'unlinking')
        AND (lease IS NULL OR lease_until <= ?)
        """,
        [lease, until.seconds, registration.id, registration.generation, now.seconds])
      return changed == 1
    }
  }

  /// Stores what a refresh brought, and gives the lease back; false when the row is another one by now.
  public func storeTokens(_ tokens: TokenPair, of registration: Registration, lease: String) async throws -> Bool {
    let vault = vault
    return try await database.write { db in
      let changed = try db.execute(
        """
        UPDATE registration SET lease = NULL, lease_until = NULL
        WHERE id = ? AND generation = ? AND state IN ('live', 'unlinking') AND lease = ?
        """, [registration.id, registration.generation, lease])
      guard changed == 1 else { return false }
      try Self.store(tokens, of: registration, vault, db)
      return true
    }
  }

  /// Gives the lease back.
  public func giveBackRefresh(_ registration: Registration, lease: String) async throws {
    try await database.write { db in
      try db.execute(
        "UPDATE registration SET lease = NULL, lease_until = NULL WHERE id = ? AND lease = ?",
        [registration.id, lease])
    }
  }

  private static func store(
    _ tokens: TokenPair, of registration: Registration, _ vault: TokenVault, _ db: any SQLSession
  ) throws {
    func seal(_ value: String, _ column: String) throws -> String {
      try vault.seal(value, for: registration.place(of: column))
    }
    try db.execute(
      """
      UPDATE registration SET access_token = ?, refresh_token = ?, expires_at = ?, refresh_after = NULL WHERE id = ?
      """,
      [
        try seal(tokens.access, "access_token"), try seal(tokens.refresh, "refresh_token"), tokens.expiresAt.seconds,
        registration.id,
      ])
  }

  // MARK: Taking back

  /// Takes a link back: from this instant no press is ordered. False when there is none.
  public func unlink(device: CloudDevice.ID, at now: Date) async throws -> Bool {
    try await database.write { db in try Self.unlink(device: device, at: now, db) }
  }

  static func unlink(device: CloudDevice.ID, at now: Date, _ db: any SQLSession) throws -> Bool {
    guard
      let id: Int64 = try db.value(
        """
        UPDATE registration SET state = 'unlinking', unlinked_at = ?, next_attempt_at = NULL
        WHERE device = ? AND state = 'live' RETURNING id
        """, [now.seconds, device])
    else { return false }
    try closePresses(of: id, at: now, db)
    return true
  }

  /// Ends what was noted for a registration. A call that is under way brings its own answer.
  private static func closePresses(of registration: Registration.ID, at now: Date, _ db: any SQLSession) throws {
    try db.execute(
      """
      UPDATE press SET state = 'void', reason = 'unlinked', lease = NULL WHERE registration = ? AND state = 'noted'
      AND (joined IS NULL OR NOT EXISTS (SELECT 1 FROM press AS other
      WHERE other.device = press.device AND other.id = press.joined AND other.state = 'sending'))
      """, [registration])
  }

  /// Registrations of which Amazon is to be told now.
  public func dueUnlinks(at now: Date) async throws -> [Registration.ID] {
    try await database.read { db in
      try db.values(
        """
        SELECT id FROM registration
        WHERE state = 'unlinking' AND (next_attempt_at IS NULL OR next_attempt_at <= ?) ORDER BY id LIMIT 100
        """, [now.seconds])
    }
  }

  /// Makes the caller the one who tells Amazon now; it is tried again then. False when somebody else does.
  public func leaseUnlink(_ id: Registration.ID, until: Date, at now: Date) async throws -> Bool {
    try await database.write { db in
      let changed = try db.execute(
        """
        UPDATE registration SET next_attempt_at = ? WHERE id = ? AND state = 'unlinking'
        AND (next_attempt_at IS NULL OR next_attempt_at <= ?)
        """, [until.seconds, id, now.seconds])
      return changed == 1
    }
  }

  /// Gives the lease back; it is tried again then.
  public func postponeUnlink(_ id: Registration.ID, until: Date) async throws {
    try await database.write { db in
      try db.execute(
        "UPDATE registration SET next_attempt_at = ? WHERE id = ? AND state = 'unlinking'", [until.seconds, id])
    }
  }

  /// Wipes the tokens of a registration that is being taken back.
  public func finishUnlink(_ id: Registration.ID, _ state: Registration.State, at now: Date) async throws {
    let vault = vault
    try await database.write { db in
      guard let row = try Self.registration(id, vault, db), row.state == .unlinking else { return }
      try Self.end(row, as: state, at: now, db)
    }
  }

  static func end(
    _ registration: Registration, as state: Registration.State, at now: Date, _ db: any SQLSession
  ) throws {
    try db.execute(
      """
      UPDATE registration SET state = ?, unlinked_at = COALESCE(unlinked_at, ?), access_token = NULL,
      refresh_token = NULL, lease = NULL, lease_until = NULL, refresh_after = NULL WHERE id = ?
      """, [state.rawValue, now.seconds, registration.id])
    try closePresses(of: registration.id, at: now, db)
    try db.execute("DELETE FROM slot WHERE registration = ?", [registration.id])
    // The account is free for another owner once nothing here is tied to it.
    try db.execute(
      """
      DELETE FROM amazon_account WHERE user_id = ? AND NOT EXISTS
      (SELECT 1 FROM registration WHERE amazon_user = user_id AND state IN ('live', 'unlinking'))
      """, [registration.amazonUser])
  }

  // MARK: Slots

  /// The slots as Amazon described them last.
  public func slots(of registration: Registration.ID) async throws -> [SlotRecord] {
    try await database.read { db in try Self.slots(of: registration, db) }
  }

  static func slots(of registration: Registration.ID, _ db: any SQLSession) throws -> [SlotRecord] {
    try db.rows("SELECT * FROM slot WHERE registration = ? ORDER BY slot", [registration])
      .map { row in
        let products = try JSONDecoder().decode(
          [SlotRecord.Product].self, from: Data((row["products"] as String).utf8))
        return SlotRecord(slot: row["slot"], subscribed: row["subscribed"], products: products)
      }
  }

  /// Replaces them.
  public func setSlots(_ slots: [SlotRecord], of registration: Registration.ID) async throws {
    try await database.write { db in
      try db.execute("DELETE FROM slot WHERE registration = ?", [registration])
      for slot in slots {
        let products = String(decoding: try JSONEncoder().encode(slot.products), as: UTF8.self)
        try db.execute(
          """
          INSERT INTO slot (registration, slot, subscribed, products)
          SELECT id, ?, ?, ? FROM registration WHERE id = ? AND state = 'live'
          """, [slot.slot, slot.subscribed, products, registration])
      }
    }
  }

  // MARK: Rows

  private static let registrationQuery = """
    SELECT registration.*, device.model AS model, device.serial AS serial, device.state AS device_state
    FROM registration JOIN device ON device.id = registration.device
    """

  static func registration(
    _ id: Registration.ID, _ vault: TokenVault, _ db: any SQLSession
  ) throws -> Registration? {
    try db.row(registrationQuery + " WHERE registration.id = ?", [id])
      .map { try Registration(row: $0, vault) }
  }
}

extension Registration {
  init(row: SQLRow, _ vault: TokenVault) throws {
    let state: String = row["state"]
    guard let state = State(rawValue: state) else {
      throw SQLStorage.Failure(description: "The database holds an unknown state of a registration: \(state).")
    }
    self.init(
      id: row["id"],
      device: CloudDevice(
        id: row["device"], model: row["model"], serial: row["serial"],
        state: CloudDevice.State(rawValue: row["device_state"]) ?? .revoked),
      ownership: row["ownership"], generation: row["generation"], clientID: row["client_id"],
      amazonUser: row["amazon_user"], state: state, linkedAt: row.date("linked_at"),
      unlinkedAt: row.dateIfAny("unlinked_at"), refreshAfter: row.dateIfAny("refresh_after"))
    if let access = row["access_token"] as String?, let refresh = row["refresh_token"] as String? {
      tokens = TokenPair(
        access: try vault.open(access, at: place(of: "access_token")),
        refresh: try vault.open(refresh, at: place(of: "refresh_token")), expiresAt: row.date("expires_at"))
    }
  }

  func place(of column: String) -> TokenVault.Place {
    Self.place(of: column, id: id, generation: generation)
  }

  static func place(of column: String, id: ID, generation: Int64) -> TokenVault.Place {
    TokenVault.Place(table: "registration", row: String(id), column: column, generation: generation)
  }
}
