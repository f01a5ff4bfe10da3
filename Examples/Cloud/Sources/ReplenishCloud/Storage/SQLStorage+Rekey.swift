import Foundation

/// Moving what is sealed to another key, beside instances that run.
extension SQLStorage {
  /// A column whose values are sealed.
  struct SealedColumn: Sendable {
    let table: String
    /// The column that names the row.
    let key: String
    let column: String
    /// The place of a value, as it was sealed.
    let place: @Sendable (SQLRow) -> TokenVault.Place

    /// `table.column`.
    var name: String { table + "." + column }
  }

  /// Every column that has sealed values, the keys' own proofs left out. A test looks for others.
  static let sealedColumns: [SealedColumn] = [
    SealedColumn(table: "registration", key: "id", column: "access_token") { registrationPlace($0, "access_token") },
    SealedColumn(table: "registration", key: "id", column: "refresh_token") { registrationPlace($0, "refresh_token") },
    SealedColumn(table: "link_attempt", key: "state", column: "verifier") {
      verifierPlace(Fingerprint(stored: $0["state"]))
    },
  ]

  private static func registrationPlace(_ row: SQLRow, _ column: String) -> TokenVault.Place {
    Registration.place(of: column, id: row["id"], generation: row["generation"])
  }

  /// What a pass over sealed values did.
  public struct Resealing: Sendable, Equatable {
    /// Values that are sealed with the first key now.
    public var moved = 0
    /// Values that somebody else changed meanwhile: they are sealed by whoever wrote them.
    public var changed = 0
    /// Values that do not open: their key is not in the file, or they were changed.
    public var failed = 0
  }

  /// The name of the key that seals.
  public var primaryKey: String { vault.primary }

  /// The names of all keys of the key file.
  public var keyNames: [String] { vault.names }

  /// The name under which values are counted that name none of the known keys.
  public static var unknownKey: String { "unknown" }

  /// How many values are sealed with each key, by the key's name: those of the key file and those that sealed before.
  public func sealedValues() async throws -> [String: Int] {
    let names = vault.names
    return try await database.read { db in try Self.sealedValues(names, db) }
  }

  private static func sealedValues(_ names: [String], _ db: any SQLSession) throws -> [String: Int] {
    let before: [String] = try db.values("SELECT id FROM sealing_key")
    var counts: [String: Int] = [:]
    for column in sealedColumns {
      var rest: Int = try db.value("SELECT COUNT(*) FROM \(column.table) WHERE \(column.column) IS NOT NULL") ?? 0
      for name in Set(names + before) {
        let count: Int =
          try db.value(
            "SELECT COUNT(*) FROM \(column.table) WHERE substr(\(column.column), 1, ?) = ?",
            [name.utf8.count + 1, name + ":"]) ?? 0
        counts[name, default: 0] += count
        rest -= count
      }
      counts[unknownKey, default: 0] += rest
    }
    return counts.filter { $0.value > 0 }
  }

  /// Seals every value that another key sealed with the first one, some at a time, each batch a transaction of its own.
  ///
  /// A value is replaced only if it still is what was read, so instances may go on. What was done stays done, however
  /// this ends: the next call goes on with the rest.
  ///
  /// - Parameters:
  ///   - batch: How many values a transaction has at most.
  ///   - goesOn: Told after each batch what was done so far; false ends it.
  public func reseal(
    batch: Int = 200, goesOn: @Sendable (Resealing) throws -> Bool = { _ in true }
  ) async throws -> Resealing {
    var total = Resealing()
    for column in Self.sealedColumns {
      // Those that do not open stay in front of the rest.
      var skipped = 0
      while let done = try await reseal(column, skipping: skipped, limit: batch) {
        skipped += done.failed
        total.moved += done.moved
        total.changed += done.changed
        total.failed += done.failed
        guard try goesOn(total) else { return total }
      }
    }
    return total
  }

  /// One batch; nil where there is nothing more to seal.
  private func reseal(_ column: SealedColumn, skipping skipped: Int, limit: Int) async throws -> Resealing? {
    let vault = vault
    let (table, key, name) = (column.table, column.key, column.column)
    // Opened and sealed outside of the transaction that writes, which others wait for.
    let rows = try await database.read { db in
      try db.rows(
        """
        SELECT * FROM \(table) WHERE \(name) IS NOT NULL AND substr(\(name), 1, ?) <> ?
        ORDER BY \(key) LIMIT ? OFFSET ?
        """, [vault.primary.utf8.count + 1, vault.primary + ":", limit, skipped])
    }
    if rows.isEmpty { return nil }
    var done = Resealing()
    var replacements: [(row: SQLValue, old: String, new: String)] = []
    for row in rows {
      let old: String = row[name]
      let place = column.place(row)
      do {
        replacements.append((row[key], old, try vault.seal(try vault.open(old, at: place), for: place)))
      } catch is TokenVault.Failure {
        done.failed += 1
      }
    }
    let prepared = replacements
    done.moved = try await database.write { db in
      try prepared.reduce(0) { moved, value in
        let changed = try db.execute(
          "UPDATE \(table) SET \(name) = ? WHERE \(key) = ? AND \(name) = ?", [value.new, value.row, value.old])
        return moved + changed
      }
    }
    done.changed = prepared.count - done.moved
    return done
  }

  /// Forgets a key that seals nothing any more, so that the key file may lack it; how many values it still seals
  /// otherwise, and then nothing changes.
  public func retireKey(_ id: String) async throws -> Int {
    try await database.write { db in
      let count = try Self.sealedValues([id], db)[id] ?? 0
      if count == 0 { try db.execute("DELETE FROM sealing_key WHERE id = ?", [id]) }
      return count
    }
  }
}
