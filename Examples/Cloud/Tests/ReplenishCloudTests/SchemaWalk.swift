import Foundation

@testable import ReplenishCloud

/// Looks at the database without knowing what it is about.
enum SchemaWalk {
  /// Every table, those of SQLite and of the migrations included.
  static func tables(_ db: any SQLSession) throws -> [String] {
    switch db.dialect {
    case .sqlite: try db.values("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    case .postgreSQL:
      try db.values(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name")
    }
  }

  static func columns(_ table: String, _ db: any SQLSession) throws -> [String] {
    switch db.dialect {
    case .sqlite: try db.values("SELECT name FROM pragma_table_info(?)", [table])
    case .postgreSQL:
      try db.values(
        """
        SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ?
        ORDER BY ordinal_position
        """, [table])
    }
  }

  /// Every `table.column` that has a text somewhere in one of its values.
  static func places(of text: String, _ db: any SQLSession) throws -> [String] {
    try tables(db).flatMap { table in
      try columns(table, db).filter { column in
        let condition =
          switch db.dialect {
          case .sqlite: "instr(CAST(\"\(column)\" AS BLOB), CAST(?1 AS BLOB)) > 0"
          // Bytes are written as hexadecimal digits there.
          case .postgreSQL:
            "strpos(\"\(column)\"::text, ?1) > 0 OR strpos(\"\(column)\"::text, encode(convert_to(?1, 'UTF8'), 'hex')) > 0"
          }
        return try db.exists("SELECT 1 FROM \"\(table)\" WHERE \(condition)", [text])
      }.map { "\(table).\($0)" }
    }
  }

  /// Until the end of the transaction no row is missed by those that refer to it.
  static func ignoreForeignKeys(_ db: any SQLSession) throws {
    switch db.dialect {
    case .sqlite: try db.execute("PRAGMA defer_foreign_keys = ON")
    case .postgreSQL: try db.execute("SET LOCAL session_replication_role = replica")
    }
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
        try !found.contains(table) && !found.isDisjoint(with: targets(of: table, db))
      }
      if further.isEmpty { return found }
      found.formUnion(further)
    }
  }

  private static func targets(of table: String, _ db: any SQLSession) throws -> [String] {
    switch db.dialect {
    case .sqlite: try db.values("SELECT \"table\" FROM pragma_foreign_key_list(?)", [table])
    case .postgreSQL:
      try db.values(
        "SELECT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid = ?::regclass", [table])
    }
  }
}

extension SQLStorage {
  /// Every `table.column` that has one of the texts in it.
  func places(of texts: [String]) async throws -> [String] {
    try await database.read { db in try texts.flatMap { try SchemaWalk.places(of: $0, db) } }
  }
}
