import Foundation
import GRDB

@testable import ReplenishCloud

/// Looks at the database without knowing what it is about.
enum SchemaWalk {
  /// Every table, those of SQLite and the migrator included.
  static func tables(_ db: Database) throws -> [String] {
    try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
  }

  static func columns(_ table: String, _ db: Database) throws -> [String] {
    try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
  }

  /// Every `table.column` that has a text somewhere in one of its values.
  static func places(of text: String, _ db: Database) throws -> [String] {
    try tables(db).flatMap { table in
      try columns(table, db).filter { column in
        try Bool.fetchOne(
          db,
          sql: """
            SELECT EXISTS (SELECT 1 FROM "\(table)" WHERE instr(CAST("\(column)" AS BLOB), CAST(? AS BLOB)) > 0)
            """, arguments: [text]) ?? true
      }.map { "\(table).\($0)" }
    }
  }

  /// The rows of a table as text, in an order of their own.
  static func rows(_ table: String, _ db: Database) throws -> [String] {
    try Row.fetchAll(db, sql: "SELECT * FROM \"\(table)\"").map { "\($0)" }.sorted()
  }

  /// The tables that reach an owner or an Amazon account: by a column of such a name, or by foreign keys, however many.
  static func tablesOfOwners(_ db: Database) throws -> Set<String> {
    let names: Set = ["owner", "email", "amazon_user", "user_id", "ownership", "registration"]
    let all = try tables(db)
    var found = Set(try all.filter { try $0 == "owner" || !names.isDisjoint(with: columns($0, db)) })
    while true {
      let further = try all.filter { table in
        let targets = try String.fetchAll(
          db, sql: "SELECT \"table\" FROM pragma_foreign_key_list(?)", arguments: [table])
        return !found.contains(table) && !found.isDisjoint(with: targets)
      }
      if further.isEmpty { return found }
      found.formUnion(further)
    }
  }
}

extension SQLiteStorage {
  /// Every `table.column` that has one of the texts in it.
  func places(of texts: [String]) async throws -> [String] {
    try await pool.read { db in try texts.flatMap { try SchemaWalk.places(of: $0, db) } }
  }
}
