import Foundation

@testable import ReplenishCloud

/// Looks at the database without knowing what it is about.
enum SchemaWalk {
  /// Every table, those of SQLite and the migrator included.
  static func tables(_ db: any SQLSession) throws -> [String] {
    try db.values("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
  }

  static func columns(_ table: String, _ db: any SQLSession) throws -> [String] {
    try db.values("SELECT name FROM pragma_table_info(?)", [table])
  }

  /// Every `table.column` that has a text somewhere in one of its values.
  static func places(of text: String, _ db: any SQLSession) throws -> [String] {
    try tables(db).flatMap { table in
      try columns(table, db).filter { column in
        try db.exists(
          """
          SELECT 1 FROM "\(table)" WHERE instr(CAST("\(column)" AS BLOB), CAST(? AS BLOB)) > 0
          """, [text])
      }.map { "\(table).\($0)" }
    }
  }

  /// Until the end of the transaction no row is missed by those that refer to it.
  static func ignoreForeignKeys(_ db: any SQLSession) throws {
    try db.execute("PRAGMA defer_foreign_keys = ON")
  }

  /// The rows of a table as text, in an order of their own.
  static func rows(_ table: String, _ db: any SQLSession) throws -> [String] {
    try db.rows("SELECT * FROM \"\(table)\"").map { "\($0)" }.sorted()
  }

  /// The tables that reach an owner or an Amazon account: by a column of such a name, or by foreign keys, however many.
  static func tablesOfOwners(_ db: any SQLSession) throws -> Set<String> {
    let names: Set = ["owner", "email", "amazon_user", "user_id", "ownership", "registration"]
    let all = try tables(db)
    var found = Set(try all.filter { try $0 == "owner" || !names.isDisjoint(with: columns($0, db)) })
    while true {
      let further = try all.filter { table in
        let targets: [String] = try db.values("SELECT \"table\" FROM pragma_foreign_key_list(?)", [table])
        return !found.contains(table) && !found.isDisjoint(with: targets)
      }
      if further.isEmpty { return found }
      found.formUnion(further)
    }
  }
}

extension SQLStorage {
  /// Every `table.column` that has one of the texts in it.
  func places(of texts: [String]) async throws -> [String] {
    try await database.read { db in try texts.flatMap { try SchemaWalk.places(of: $0, db) } }
  }
}
