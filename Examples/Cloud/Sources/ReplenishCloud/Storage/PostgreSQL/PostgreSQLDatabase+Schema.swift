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

  /// What the server and the database are.
  static func look(at address: String) async throws -> (description: String, isReady: Bool) {
    try await open(address, connections: 1).withConnection { connection in
      let server = "PostgreSQL \(connection.version / 10_000), \(connection.isPrivate ? "" : "NOT ENCRYPTED, ")durable"
      let isThere: Bool? = try connection.query("SELECT to_regclass('schema_step') IS NOT NULL").rows.first?[at: 0]
      guard isThere == true else { return ("\(server); its tables are not there yet; serve makes them", false) }
      let done = try doneSteps(connection)
      let missing = Schema.steps.filter { !done.contains($0.name) }.count
      guard missing == 0 else { return ("\(server); its schema lacks \(missing) steps; serve does them", false) }
      return (server, true)
    }
  }

  private static func doneSteps(_ connection: PostgreSQLConnection) throws -> Set<String> {
    Set(try connection.query("SELECT name FROM schema_step").rows.compactMap { $0[at: 0] })
  }
}
