extension PostgreSQLConnection {
  /// Sets what every connection needs, reads it back, and refuses a server that does not keep what it confirms.
  ///
  /// - Throws: `SQLStorage.Failure`.
  func prepare() throws {
    guard version >= 130_000 else {
      throw SQLStorage.Failure(
        description: "The database is PostgreSQL \(version / 10_000); 13 or later is needed.")
    }
    let before = try settings()
    guard before["synchronous_commit"] != "off" else {
      throw SQLStorage.Failure(
        description: """
          The database has synchronous_commit off: it confirms what it may lose. Take that out of postgresql.conf, \
          ALTER ROLE, ALTER DATABASE and the address, wherever it is.
          """)
    }
    guard before["fsync"] == "on", before["full_page_writes"] == "on" else {
      throw SQLStorage.Failure(
        description: """
          The database has fsync or full_page_writes off: a crash of the machine would destroy it. Take that out of \
          postgresql.conf and restart the server.
          """)
    }
    guard before["server_encoding"] == "UTF8" else {
      throw SQLStorage.Failure(
        description: "The database has the encoding \(before["server_encoding"] ?? "?"); make it with UTF8.")
    }
    guard before["in_recovery"] == "off" else {
      throw SQLStorage.Failure(
        description: "The database is a standby, which cannot be written; name the primary server.")
    }
    // With remote_apply and the like the operator asks for more than the disk of this server.
    let commit = before["synchronous_commit"] == "remote_apply" ? "remote_apply" : "on"
    // Predicate locks of a sequential scan cover the table, and everybody would collide with everybody (PostgreSQL's
    // documentation, Serializable Isolation Level). Where there is no other way its cost is huge, and then a compiler
    // would be started for every small query.
    try command(
      """
      SET synchronous_commit = \(commit); SET enable_seqscan = off; SET jit = off; SET statement_timeout = '30s';
      SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = 'warning'
      """)
    guard try settings()["synchronous_commit"] == commit else {
      throw SQLStorage.Failure(description: "The database does not take the setting synchronous_commit = \(commit).")
    }
    try noteBackend()
  }

  private func settings() throws -> [String: String] {
    let row = try query(
      """
      SELECT current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
      current_setting('full_page_writes') AS full_page_writes, current_setting('server_encoding') AS server_encoding,
      CASE WHEN pg_is_in_recovery() THEN 'on' ELSE 'off' END AS in_recovery
      """
    ).rows.first
    guard let row else { return [:] }
    return Dictionary(uniqueKeysWithValues: row.columns.map { ($0, row[$0]) })
  }
}
