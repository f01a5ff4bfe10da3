import Foundation

// One SQL text for SQLite and PostgreSQL.
//
// A verb of the storage is `try await database.read { db in … }` or `database.write { db in … }`, one transaction, with
// a session `db` in it. How a call of GRDB is said here:
//
//     Row.fetchOne(db, sql: "…", arguments: […])      db.row("…", […])
//     Row.fetchAll(db, sql: …)                        db.rows("…", […])
//     Int.fetchOne(db, sql: …)                        db.value("…", […]) as Int?
//     String.fetchAll(db, sql: …)                     db.values("…", […]) as [String]
//     Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM …)")     db.exists("SELECT 1 FROM …", […])
//     db.execute(sql: …); db.changesCount             let changed = db.execute("…", […])
//     db.execute(sql: "INSERT …"); db.lastInsertedRowID             db.inserted("INSERT … RETURNING id", […])
//     catch let error as DatabaseError where … CONSTRAINT           catch is SQLConflict, outside the transaction
//     named arguments, ":owner"                       "?1", "?2", as often as wanted, instead of "?"
//
// The text keeps to what both understand: ON CONFLICT, RETURNING, COUNT(*) FILTER, COALESCE, NULLIF, CASE, ||, substr,
// length. A truth is 0 or 1 and is compared (`is_live = 0`, `CASE WHEN ? = 1`); instead of MAX(a, b) there is CASE; in DO
// UPDATE the old value is `table.column`. PostgreSQL may run a transaction again from its start: it changes nothing
// outside, and every value that is drawn is drawn before it.

/// A database with transactions, each one as if it were alone.
protocol SQLDatabase: Sendable {
  /// Brings the schema up to these steps; several instances may do so at once.
  func migrate(_ steps: [SchemaStep]) async throws
  /// Looks at one state of the database.
  func read<Value: Sendable>(
    _ work: @escaping @Sendable (any SQLSession) throws -> Value
  ) async throws -> Value
  /// Changes it, durably once this returns; not at all when this throws.
  @discardableResult
  func write<Value: Sendable>(
    _ work: @escaping @Sendable (any SQLSession) throws -> Value
  ) async throws -> Value
  /// Wipes what deleted rows leave behind, as far as the database can be told to.
  func forgetDeleted() async
  /// Ends its connections.
  func close() async throws
}

/// What a transaction is made of.
protocol SQLSession {
  /// Which database it is, where one text cannot do for both.
  var dialect: SQLDialect { get }
  /// Runs a statement; returns how many rows it changed.
  ///
  /// - Throws: `SQLConflict`, and then the transaction is over.
  @discardableResult
  func execute(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> Int
  /// All rows of a query, or of a statement with RETURNING.
  func rows(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> [SQLRow]
  /// The first of them.
  func row(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> SQLRow?
}

/// A database's own way of saying things.
enum SQLDialect: Sendable {
  case sqlite, postgreSQL
}

/// A statement broke a rule of the schema: a value that is there already, or that refers to nothing.
struct SQLConflict: Error, CustomStringConvertible {
  var description: String
}

extension SQLSession {
  @discardableResult
  func execute(_ sql: String) throws -> Int { try execute(sql, []) }

  func rows(_ sql: String) throws -> [SQLRow] { try rows(sql, []) }

  func row(_ sql: String) throws -> SQLRow? { try row(sql, []) }

  /// The first column of the first row; nil when there is no row, or NULL in it.
  func value<Value: SQLConvertible>(_ sql: String, _ values: [(any SQLConvertible)?] = []) throws -> Value? {
    try row(sql, values).flatMap { $0[at: 0] }
  }

  /// The first column of all rows.
  func values<Value: SQLConvertible>(_ sql: String, _ values: [(any SQLConvertible)?] = []) throws -> [Value] {
    try rows(sql, values).compactMap { $0[at: 0] }
  }

  /// Whether a query has a row.
  func exists(_ query: String, _ values: [(any SQLConvertible)?] = []) throws -> Bool {
    try value("SELECT EXISTS (\(query))", values) ?? false
  }

  /// The number of the row that `INSERT … RETURNING id` makes.
  func inserted(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> Int64 {
    guard let id: Int64 = try value(sql, values) else { throw SQLConflict(description: "No row was inserted.") }
    return id
  }
}
