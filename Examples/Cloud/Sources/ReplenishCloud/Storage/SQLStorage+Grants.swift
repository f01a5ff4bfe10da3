import Foundation
import OAuthServer
import TextEncodings

extension SQLStorage {
  /// An owner's name towards a client: drawn the first time, the same ever after.
  public func userID(of owner: Owner.ID, towards client: String) async throws -> String? {
    let drawn = Self.drawName()
    return try await database.write { db in
      try db.execute(
        """
        INSERT INTO client_user (client, owner, user_id) SELECT ?, ?, ?
        WHERE EXISTS (SELECT 1 FROM oauth_client WHERE id = ?)
        AND EXISTS (SELECT 1 FROM owner WHERE id = ? AND erased_at IS NULL)
        ON CONFLICT DO NOTHING
        """, [client, owner, drawn, client, owner])
      return try db.value("SELECT user_id FROM client_user WHERE client = ? AND owner = ?", [client, owner])
    }
  }

  /// 128 random bits that tell nothing, in letters that every service takes.
  private static func drawName() -> String { randomHexadecimal(bytes: 16) }

  /// Stores a new grant.
  ///
  /// - Throws: `OAuthError` when the owner or the client is gone: with them goes the name that the grant refers to.
  public func insert(_ grant: Grant) async throws {
    let isStored = try await database.write { db in
      try db.execute(
        """
        INSERT INTO access_grant (id, client, owner, scope, created_at, last_used_at) SELECT ?, ?, ?, ?, ?, ?
        WHERE EXISTS (SELECT 1 FROM client_user WHERE client = ? AND owner = ?)
        """,
        [
          grant.id, grant.clientID, grant.subject, grant.scope.description, grant.createdAt.seconds,
          grant.lastUsedAt.seconds, grant.clientID, grant.subject,
        ]) == 1
    }
    guard isStored else { throw OAuthError.accountGone }
  }

  /// The grant with this identifier.
  public func grant(id: Grant.ID) async throws -> Grant? {
    try await database.read { db in
      try db.row(
        """
        SELECT access_grant.*, user_id FROM access_grant
        JOIN client_user ON client_user.client = access_grant.client AND client_user.owner = access_grant.owner
        WHERE id = ?
        """, [id]
      ).map { row in
        Grant(
          id: row["id"], clientID: row["client"], subject: row["owner"], subjectIdentifier: row["user_id"],
          scope: try row.scope("scope"), resource: nil, createdAt: row.date("created_at"),
          lastUsedAt: row.date("last_used_at"), revokedAt: nil)
      }
    }
  }

  /// Kills a grant: nothing is left of it, nor of its codes and tokens.
  public func revokeGrant(id: Grant.ID, at date: Date) async throws {
    try await database.write { db in try db.execute("DELETE FROM access_grant WHERE id = ?", [id]) }
  }

  /// Notes that a grant was used.
  public func noteUse(of grant: Grant.ID, at date: Date) async throws {
    try await database.write { db in
      try db.execute("UPDATE access_grant SET last_used_at = ? WHERE id = ?", [date.seconds, grant])
    }
  }

  /// The apps that may do something for an owner, oldest first; one that never fetched its tokens is none yet.
  public func connectedApps(of owner: Owner.ID) async throws -> [ConnectedApp] {
    try await database.read { db in
      try db.rows(
        """
        SELECT access_grant.*, name FROM access_grant JOIN oauth_client ON oauth_client.id = access_grant.client
        WHERE owner = ? AND EXISTS (SELECT 1 FROM refresh_token WHERE access_grant = access_grant.id)
        ORDER BY access_grant.created_at, access_grant.id
        """, [owner]
      ).reduce(into: []) { apps, row in
        let (client, scope): (String, Scope) = (row["client"], try row.scope("scope"))
        guard let index = apps.firstIndex(where: { $0.client == client }) else {
          let app = ConnectedApp(
            client: client, name: row["name"], scope: scope, grants: 1, since: row.date("created_at"),
            lastUsedAt: row.date("last_used_at"))
          return apps.append(app)
        }
        apps[index].scope = Scope("\(apps[index].scope) \(scope)") ?? scope
        apps[index].grants += 1
        apps[index].lastUsedAt = max(apps[index].lastUsedAt, row.date("last_used_at"))
      }
    }
  }

  /// Ends everything that a client may do for an owner; false when that was nothing.
  public func endApp(_ client: String, of owner: Owner.ID) async throws -> Bool {
    try await database.write { db in
      try db.execute("DELETE FROM access_grant WHERE client = ? AND owner = ?", [client, owner]) > 0
    }
  }

  /// An owner's devices as apps see them, oldest claim first.
  public func sharedDevices(of owner: Owner.ID) async throws -> [SharedDevice] {
    let (ownerships, names) = try await database.read { db in
      (try Self.ownerships(of: owner, db), try Self.sharedNames(of: owner, db))
    }
    let unnamed = ownerships.filter { names[$0.id] == nil }.map { (ownership: $0.id, name: Self.drawName()) }
    let all =
      unnamed.isEmpty
      ? names
      : try await database.write { db in
        for (ownership, name) in unnamed {
          try db.execute(
            """
            INSERT INTO shared_device (ownership, name) SELECT ?, ?
            WHERE EXISTS (SELECT 1 FROM ownership WHERE id = ? AND released_at IS NULL) ON CONFLICT DO NOTHING
            """, [ownership, name, ownership])
        }
        return try Self.sharedNames(of: owner, db)
      }
    return ownerships.compactMap { ownership in
      all[ownership.id].map { SharedDevice(id: $0, ownership: ownership) }
    }
  }

  private static func sharedNames(of owner: Owner.ID, _ db: any SQLSession) throws -> [Int64: String] {
    let rows = try db.rows(
      """
      SELECT ownership, name FROM shared_device JOIN ownership ON ownership.id = shared_device.ownership
      WHERE owner = ?
      """, [owner])
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["ownership"] as Int64, $0["name"] as String) })
  }

  /// Forgets grants that nobody uses, and what of codes and tokens can no longer matter (`GrantLimits`).
  static func forgetGrants(at now: Date, _ db: any SQLSession) throws {
    let forgotten = (now - GrantLimits.memory).seconds
    try db.execute(
      """
      DELETE FROM access_grant WHERE last_used_at <= ? OR (created_at <= ?
      AND NOT EXISTS (SELECT 1 FROM refresh_token WHERE access_grant = access_grant.id))
      """, [(now - GrantLimits.inactivity).seconds, (now - GrantLimits.patience).seconds])
    try db.execute("DELETE FROM authorization_code WHERE expires_at <= ?", [forgotten])
    try db.execute("DELETE FROM refresh_token WHERE replaced_at <= ?", [forgotten])
    try db.execute(
      """
      DELETE FROM access_token WHERE expires_at <= ? AND EXISTS (SELECT 1 FROM access_token AS newer
      WHERE newer.access_grant = access_token.access_grant AND newer.expires_at > access_token.expires_at)
      """, [forgotten])
  }
}

extension SQLRow {
  /// A column with scope words. One that cannot be read allows nothing.
  func scope(_ column: String) throws -> Scope {
    guard let scope = Scope(self[column]) else {
      throw SQLStorage.Failure(description: "The column \(column) of a grant holds no scope.")
    }
    return scope
  }
}
