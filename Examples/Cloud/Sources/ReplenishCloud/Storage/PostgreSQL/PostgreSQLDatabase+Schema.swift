extension PostgreSQLDatabase {
  /// Any number, the same one for every instance: the lock of those that bring the schema up to date.
  private static let lock: Int64 = 0x7265_706C_656E_6973

  /// All steps are one transaction, and the names of those that are done are in `schema_step`.
  func migrate(_ steps: [SchemaStep]) async throws {
    try await withConnection { connection in
      do {
        try connection.command("BEGIN; SET LOCAL statement_timeout = '10min'")
        try connection.query("SELECT pg_advisory_xact_lock(?)", [.integer(Self.lock)], within: 600)
        try connection.command(
          """
          CREATE TABLE IF NOT EXISTS schema_step (
            name TEXT COLLATE "C" PRIMARY KEY NOT NULL,
            done_at DOUBLE PRECISION NOT NULL DEFAULT extract(epoch FROM now())
          );
          \(Self.markTable)
          """)
        let done = try Self.doneSteps(connection)
        for step in steps where !done.contains(step.name) {
          try connection.command(PostgreSQLText.schema(step.sql), within: 600)
          try connection.query("INSERT INTO schema_step (name) VALUES (?)", [.text(step.name)])
        }
        try connection.command("COMMIT")
      } catch let error as PostgreSQLError {
        _ = try? connection.command("ROLLBACK")
        let hint =
          error.sqlState == "42501" ? " Make the role the owner of the database (ALTER DATABASE … OWNER TO …)." : ""
        throw SQLStorage.Failure(description: "The database's schema cannot be made: \(error.message).\(hint)")
      }
    }
  }

  private static func doneSteps(_ connection: PostgreSQLConnection) throws -> Set<String> {
    Set(try connection.query("SELECT name FROM schema_step").rows.compactMap { $0[at: 0] })
  }
}
