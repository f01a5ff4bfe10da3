import Foundation
import GRDB

/// The cloud's memory in one SQLite file.
///
/// Readers go on while somebody writes (write-ahead log). The writer brings each commit to the disk before it returns.
public final class SQLiteStorage: CloudStorage {
  let pool: DatabasePool
  let vault: TokenVault

  /// A database that cannot be used.
  public struct Failure: Error, CustomStringConvertible {
    /// One line: what is wrong, and what to do.
    public let description: String
  }

  /// Opens or makes the file; refuses when the keys are not the ones its values were sealed with.
  public init(path: String, keys: KeyFile) throws {
    vault = TokenVault(keys)
    // Made here, so that it is never readable by others, not even for a moment; the files beside it copy its mode.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw Failure(description: "\(path): cannot open the database: \(String(cString: strerror(errno))).")
    }
    close(descriptor)
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.label = "replenish-cloud"
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
      // The pool sets NORMAL on its writer when it opens, which may lose the last commits with the power.
      try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        // What is deleted is overwritten, not only forgotten.
        try db.execute(sql: "PRAGMA secure_delete = ON")
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2,
          try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal"
        else { throw Failure(description: "\(path): SQLite does not promise durable commits here; use a local disk.") }
      }
      try Self.migrator.migrate(pool)
    } catch let error as DatabaseError {
      throw Failure(
        description: "\(path): this is no database of replenish-cloud: \(error.message ?? "unknown error").")
    }
    try proveKeys()
  }

  /// Opens a proof sealed by each key in use, and seals one with a key that is new.
  private func proveKeys() throws {
    let vault = vault
    try pool.write { db in
      for row in try Row.fetchAll(db, sql: "SELECT id, proof FROM sealing_key") {
        let id: String = row["id"]
        _ = try vault.open(row["proof"], at: Self.proofPlace(id))
      }
      let isKnown = try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM sealing_key WHERE id = ?)", arguments: [vault.primary])
      if isKnown != true {
        try db.execute(
          sql: "INSERT INTO sealing_key (id, proof) VALUES (?, ?)",
          arguments: [vault.primary, try vault.seal("proof", for: Self.proofPlace(vault.primary))])
      }
    }
  }

  private static func proofPlace(_ id: String) -> TokenVault.Place {
    TokenVault.Place(table: "sealing_key", row: id, column: "proof", generation: 0)
  }

  /// Throws away what has died.
  public func sweep(at now: Date) async throws {
    try await pool.write { db in
      for table in ["session", "mail_ticket", "link_attempt", "notification"] {
        try db.execute(sql: "DELETE FROM \(table) WHERE expires_at <= ?", arguments: [now.seconds])
      }
      try db.execute(sql: "DELETE FROM command WHERE expires_at <= ?", arguments: [(now - 86_400).seconds])
      try db.execute(sql: "DELETE FROM attempt WHERE at <= ?", arguments: [(now - 86_400).seconds])
      try Self.forgetRefusals(at: now, db)
    }
  }
}

extension Date {
  /// How times are stored: seconds since 1970.
  var seconds: Double { timeIntervalSince1970 }
}

extension Row {
  func date(_ column: String) -> Date { Date(timeIntervalSince1970: self[column]) }

  func dateIfAny(_ column: String) -> Date? {
    (self[column] as Double?).map(Date.init(timeIntervalSince1970:))
  }
}
