import Foundation
import GRDB

/// One SQLite file.
///
/// Readers go on while somebody writes (write-ahead log). The writer brings each commit to the disk before it returns.
final class SQLiteDatabase: SQLDatabase {
  let path: String
  let pool: DatabasePool

  /// Opens or makes the file.
  init(path: String) throws {
    self.path = path
    // Made here, so that it is never readable by others, not even for a moment; the files beside it copy its mode.
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw SQLStorage.Failure(description: "\(path): cannot open the database: \(String(cString: strerror(errno))).")
    }
    Foundation.close(descriptor)
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.label = "replenish-cloud"
    pool = try Self.explained(path) {
      let pool = try DatabasePool(path: path, configuration: configuration)
      // The pool sets NORMAL on its writer when it opens, which may lose the last commits with the power.
      try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        // What is deleted is overwritten, not only forgotten.
        try db.execute(sql: "PRAGMA secure_delete = ON")
        guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2,
          try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal"
        else {
          throw SQLStorage.Failure(
            description: "\(path): SQLite does not promise durable commits here; use a local disk.")
        }
      }
      return pool
    }
  }

  private static func explained<Value>(_ path: String, _ work: () throws -> Value) throws -> Value {
    do {
      return try work()
    } catch let error as DatabaseError {
      throw SQLStorage.Failure(
        description: "\(path): this is no database of replenish-cloud: \(error.message ?? "unknown error").")
    }
  }

  /// The names of the steps that were done are in a table of GRDB's.
  func migrate(_ steps: [SchemaStep]) throws {
    var migrator = DatabaseMigrator()
    for step in steps {
      migrator.registerMigration(step.name) { db in try db.execute(sql: step.sql) }
    }
    try Self.explained(path) { try migrator.migrate(pool) }
  }

  func read<Value: Sendable>(
    _ work: @escaping @Sendable (any SQLSession) throws -> Value
  ) async throws -> Value {
    try await pool.read { db in try work(SQLiteSession(db: db)) }
  }

  func write<Value: Sendable>(
    _ work: @escaping @Sendable (any SQLSession) throws -> Value
  ) async throws -> Value {
    try await pool.write { db in try work(SQLiteSession(db: db)) }
  }

  /// The log still has the pages as they were. Where a reader is in the way, the next checkpoint does it.
  func forgetDeleted() async {
    _ = try? await pool.writeWithoutTransaction { db in
      // One that was closed meanwhile is a null pointer, which SQLite would follow.
      guard db.sqliteConnection != nil else { return }
      _ = try db.checkpoint(.truncate)
    }
  }

  func close() throws { try pool.close() }
}

/// A transaction on it. Statements are kept compiled: there are few texts, and compiling costs more than running.
struct SQLiteSession: SQLSession {
  let db: Database
  var dialect: SQLDialect { .sqlite }

  func execute(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> Int {
    try telling {
      try db.cachedStatement(sql: sql).execute(arguments: arguments(values))
      return db.changesCount
    }
  }

  func rows(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> [SQLRow] {
    try telling { try Row.fetchAll(try db.cachedStatement(sql: sql), arguments: arguments(values)).map(SQLRow.init) }
  }

  func row(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> SQLRow? {
    try telling { try Row.fetchOne(try db.cachedStatement(sql: sql), arguments: arguments(values)).map(SQLRow.init) }
  }

  private func arguments(_ values: [(any SQLConvertible)?]) -> StatementArguments {
    StatementArguments(values.map { DatabaseValue($0?.sqlValue ?? .null) })
  }

  private func telling<Value>(_ work: () throws -> Value) throws -> Value {
    do {
      return try work()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw SQLConflict(description: error.message ?? "A rule of the schema is broken.")
    }
  }
}

extension DatabaseValue {
  fileprivate init(_ value: SQLValue) {
    self =
      switch value {
      case .integer(let value): value.databaseValue
      case .real(let value): value.databaseValue
      case .text(let value): value.databaseValue
      case .blob(let value): value.databaseValue
      case .null: .null
      }
  }
}

extension SQLRow {
  fileprivate init(_ row: Row) {
    columns = Array(row.columnNames)
    values = row.databaseValues.map { value in
      switch value.storage {
      case .null: .null
      case .int64(let value): .integer(value)
      case .double(let value): .real(value)
      case .string(let value): .text(value)
      case .blob(let value): .blob(value)
      }
    }
  }
}
