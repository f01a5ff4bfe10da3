import Foundation

/// The cloud's memory in a database of SQL, the same text for each; what the text keeps to is at `SQLSession`.
public final class SQLStorage: CloudStorage {
  let database: any SQLDatabase
  let vault: TokenVault

  /// A database that cannot be used.
  public struct Failure: Error, CustomStringConvertible {
    /// One line: what is wrong, and what to do.
    public let description: String
  }

  /// Nobody knows whether something happened: the answer of the database was lost, and it could not be asked again.
  public struct Unsettled: Error, CustomStringConvertible {
    let reason: String

    /// One line: what is not known, and why.
    public var description: String {
      "The database's answer to a commit was lost; whether it happened is not known: \(reason)"
    }
  }

  /// Opens a database, makes its schema what this version needs, and proves the keys.
  ///
  /// - Parameters:
  ///   - address: The path of a file of SQLite, which is made when it is not there; or the address of a database of
  ///     PostgreSQL, `postgresql://ROLE@HOST/DATABASE`.
  ///   - keys: The keys that its values were sealed with; others are refused.
  ///   - connections: How many there are to PostgreSQL at most.
  /// - Throws: `Failure` or `TokenVault.Failure`, one line each.
  public static func open(_ address: String, keys: KeyFile, connections: Int = 8) async throws -> SQLStorage {
    try await open(try await connect(address, connections), keys: keys)
  }

  static func open(_ database: any SQLDatabase, keys: KeyFile) async throws -> SQLStorage {
    let storage = SQLStorage(database, keys)
    do {
      try await storage.database.migrate(Schema.steps)
      try await storage.proveKeys()
    } catch {
      try? await storage.close()
      throw error
    }
    return storage
  }

  /// What a database is, without changing anything in it.
  ///
  /// - Returns: What can be said of it in words, and whether its schema is what this version needs.
  /// - Throws: `Failure` when it cannot be reached, or may not be used.
  public static func look(at address: String) async throws -> (description: String, isReady: Bool) {
    if PostgreSQLAddress.isOne(address) { return try await PostgreSQLDatabase.look(at: address) }
    guard FileManager.default.fileExists(atPath: address) else {
      return ("\(address) is not there yet; serve makes it", false)
    }
    return (address, true)
  }

  private static func connect(_ address: String, _ connections: Int) async throws -> any SQLDatabase {
    if PostgreSQLAddress.isOne(address) { return try await PostgreSQLDatabase.open(address, connections: connections) }
    guard !address.contains("://") else {
      throw Failure(description: "The database is neither a file nor an address that begins with postgresql://.")
    }
    return try SQLiteDatabase(path: address)
  }

  private init(_ database: any SQLDatabase, _ keys: KeyFile) {
    self.database = database
    vault = TokenVault(keys)
  }

  /// Ends the connections to the database.
  public func close() async throws { try await database.close() }

  /// Opens a proof sealed by each key in use, and seals one with a key that is new.
  private func proveKeys() async throws {
    let vault = vault
    try await database.write { db in
      for row in try db.rows("SELECT id, proof FROM sealing_key") {
        _ = try vault.open(row["proof"], at: Self.proofPlace(row["id"]))
      }
      try db.execute(
        "INSERT INTO sealing_key (id, proof) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [vault.primary, try vault.seal("proof", for: Self.proofPlace(vault.primary))])
    }
  }

  private static func proofPlace(_ id: String) -> TokenVault.Place {
    TokenVault.Place(table: "sealing_key", row: id, column: "proof", generation: 0)
  }

  /// Throws away what has died.
  public func sweep(at now: Date) async throws {
    try await database.write { db in
      for table in ["session", "mail_ticket", "link_attempt", "notification", "connector_event"] {
        try db.execute("DELETE FROM \(table) WHERE expires_at <= ?", [now.seconds])
      }
      try db.execute("DELETE FROM command WHERE expires_at <= ?", [(now - 86_400).seconds])
      try db.execute("DELETE FROM attempt WHERE at <= ?", [(now - 86_400).seconds])
      try Self.forgetRefusals(at: now, db)
      try Self.forgetGrants(at: now, db)
    }
  }
}
