import CPostgreSQL
import Foundation

/// The server refused a statement.
struct PostgreSQLError: Error, CustomStringConvertible {
  /// Five characters (PostgreSQL's documentation, appendix A).
  var sqlState: String
  /// The first line of what it says; its details may repeat what was stored, and are left out.
  var message: String

  var description: String { "The database: \(message) (\(sqlState))" }
  /// The transaction may succeed when it is run again: it lost against another one.
  var isCollision: Bool { sqlState == "40001" || sqlState == "40P01" }
  var isConflict: Bool { sqlState.hasPrefix("23") }
}

/// The connection is gone; what was asked last may have happened.
struct PostgreSQLLost: Error {
  var message: String
}

/// A connection to PostgreSQL, used by one thread at a time.
final class PostgreSQLConnection: @unchecked Sendable {
  private let handle: OpaquePointer
  private var statements: [String: String] = [:]
  /// The server's process for it.
  private(set) var backend = (pid: Int64(0), since: "")

  /// How long an answer may take, in seconds. The server gives up first.
  private static let patience = 40.0

  /// Connects.
  ///
  /// - Throws: `PostgreSQLLost`, with what libpq says in one line.
  init(_ address: PostgreSQLAddress) throws {
    let parameters = address.parameters
    var names = parameters.map { UnsafePointer(strdup($0.name)) } + [nil]
    var values = parameters.map { UnsafePointer(strdup($0.value)) } + [nil]
    defer { for text in names + values { free(UnsafeMutablePointer(mutating: text)) } }
    guard let handle = PQconnectdbParams(&names, &values, 1) else { throw PostgreSQLLost(message: "no memory") }
    self.handle = handle
    // Notices would go to the standard error output.
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    guard PQstatus(handle) == CONNECTION_OK else {
      let hint =
        PQconnectionNeedsPassword(handle) == 1
        ? "; a password is expected in a file that only you may read: passfile=FILE in the address, or PGPASSFILE" : ""
      throw PostgreSQLLost(message: lastMessage + hint)
    }
  }

  deinit { PQfinish(handle) }

  var version: Int { Int(PQserverVersion(handle)) }

  /// Whether nobody on the way can read along: TLS, or a server on this machine.
  var isPrivate: Bool {
    let (host, address) = (PQhost(handle).map { String(cString: $0) }, PQhostaddr(handle).map { String(cString: $0) })
    let isHere = host?.hasPrefix("/") == true || address?.hasPrefix("127.") == true || address == "::1"
    return isHere || PQsslInUse(handle) == 1
  }

  func noteBackend() throws {
    let row = try query(
      "SELECT pid::bigint, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    ).rows.first
    backend = (row?[at: 0] ?? 0, row?[at: 1] ?? "")
  }

  /// Runs statements that take no values; returns the last one's command.
  @discardableResult
  func command(_ sql: String, within seconds: Double = patience) throws -> String {
    try answer(within: seconds) { PQsendQuery(handle, sql) }.command
  }

  /// Runs a statement; its values are bound and never part of the text.
  @discardableResult
  func query(
    _ sql: String, _ values: [SQLValue] = [], within seconds: Double = patience
  ) throws -> PostgreSQLResult {
    let statement = statements[sql] ?? PostgreSQLText.statement(sql)
    statements[sql] = statement
    // One piece of memory with all values, so that their addresses hold still together.
    var (bytes, types, lengths): ([UInt8], [Oid], [Int32]) = ([0], [], [])
    var places: [Int?] = []
    for value in values {
      let (type, own) = try value.postgreSQL()
      types.append(type)
      lengths.append(Int32(own?.count ?? 0))
      places.append(own.map { _ in bytes.count })
      bytes += own ?? []
    }
    let formats = [Int32](repeating: 1, count: values.count)
    return try bytes.withUnsafeBytes { memory in
      let start = memory.baseAddress?.assumingMemoryBound(to: CChar.self)
      let pointers = places.map { place in place.flatMap { start?.advanced(by: $0) } }
      return try answer(within: seconds) {
        PQsendQueryParams(handle, statement, Int32(values.count), types, pointers, lengths, formats, 1)
      }
    }
  }

  /// Sends, and waits for the answer, but not for ever: a server that hangs counts as gone.
  private func answer(within seconds: Double, _ send: () -> Int32) throws -> PostgreSQLResult {
    guard send() == 1 else { throw PostgreSQLLost(message: lastMessage) }
    let deadline = ContinuousClock.now + .seconds(seconds)
    var (last, refusal): (PostgreSQLResult?, (any Error)?)
    while true {
      while PQisBusy(handle) == 1 {
        let left = Int32((deadline - .now) / .milliseconds(1))
        var waiting = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        guard left > 0 else { throw PostgreSQLLost(message: "no answer within \(Int(seconds)) s") }
        if poll(&waiting, 1, left) > 0, PQconsumeInput(handle) != 1 { throw PostgreSQLLost(message: lastMessage) }
      }
      guard let result = PQgetResult(handle) else { break }
      defer { PQclear(result) }
      if [PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY].contains(PQresultStatus(result)) {
        last = try PostgreSQLResult(result)
      } else {
        refusal = refusal ?? error(result)
      }
    }
    if let refusal { throw refusal }
    guard let last else { throw PostgreSQLLost(message: lastMessage) }
    return last
  }

  private func error(_ result: OpaquePointer) -> any Error {
    func field(_ code: Character) -> String? {
      PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
    }
    let state = field("C") ?? ""
    // A server that is going down says so, and hangs up.
    guard PQstatus(handle) == CONNECTION_OK, !state.hasPrefix("57P"), state != "25P03" else {
      return PostgreSQLLost(message: field("M") ?? lastMessage)
    }
    return PostgreSQLError(sqlState: state, message: field("M") ?? lastMessage)
  }

  private var lastMessage: String {
    String(cString: PQerrorMessage(handle)).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
  }
}
