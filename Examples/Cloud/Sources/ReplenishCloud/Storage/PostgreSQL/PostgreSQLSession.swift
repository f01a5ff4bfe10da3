/// A transaction in PostgreSQL.
final class PostgreSQLSession: SQLSession {
  private let connection: PostgreSQLConnection
  /// Whether a row was changed.
  private(set) var hasWritten = false

  init(_ connection: PostgreSQLConnection) { self.connection = connection }

  var dialect: SQLDialect { .postgreSQL }

  func execute(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> Int { try run(sql, values).changed }

  func rows(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> [SQLRow] { try run(sql, values).rows }

  func row(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> SQLRow? { try run(sql, values).rows.first }

  private func run(_ sql: String, _ values: [(any SQLConvertible)?]) throws -> PostgreSQLResult {
    do {
      let result = try connection.query(sql, values.map { $0?.sqlValue ?? .null })
      if result.changed > 0 { hasWritten = true }
      return result
    } catch let error as PostgreSQLError where error.isConflict {
      throw SQLConflict(description: error.message)
    }
  }
}
