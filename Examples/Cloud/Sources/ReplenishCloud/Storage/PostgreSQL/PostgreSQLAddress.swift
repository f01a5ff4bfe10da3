import CPostgreSQL
import Foundation

/// Where a database of PostgreSQL is: a connection address of libpq.
///
/// Source: PostgreSQL's documentation, libpq, "Connection URIs".
struct PostgreSQLAddress: Sendable {
  let text: String

  static func isOne(_ text: String) -> Bool { text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") }

  /// - Throws: `SQLStorage.Failure`. libpq's own words about a broken address repeat it, and are not shown.
  init(_ text: String) throws {
    self.text = text
    guard let options = PQconninfoParse(text, nil) else {
      throw SQLStorage.Failure(
        description: """
          The address of the database is not one of PostgreSQL; it looks like \
          postgresql://ROLE@HOST/DATABASE?sslmode=verify-full.
          """)
    }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      let isSecret = ["password", "sslpassword"].contains(String(cString: keyword))
      if isSecret, let value = option.pointee.val, value.pointee != 0 {
        throw SQLStorage.Failure(
          description: """
            The address of the database has a password in it, which every list of processes shows. Put it into a file \
            that only you may read, as PostgreSQL's documentation says (The Password File), and name that with \
            passfile=FILE in the address or with the variable PGPASSFILE.
            """)
      }
      option += 1
    }
  }

  /// What libpq is to be told. What comes before the address may be set otherwise in it.
  var parameters: [(name: String, value: String)] {
    [
      ("fallback_application_name", "replenish-cloud"), ("connect_timeout", "5"),
      // A network that swallows everything must not hold a verb for the hours that TCP takes by itself.
      ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "15000"),
      ("dbname", text), ("client_encoding", "UTF8"),
    ]
  }
}
