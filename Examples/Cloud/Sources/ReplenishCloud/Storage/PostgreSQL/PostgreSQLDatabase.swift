import Foundation
import NIOPosix
import Synchronization

/// A database of PostgreSQL, by libpq on threads of its own, one connection each.
///
/// Every transaction is SERIALIZABLE and is run again when it collides with another one, so that verbs mean the same as
/// with SQLite's one writer. A verb either happened or did not: see `settle`.
final class PostgreSQLDatabase: SQLDatabase {
  private let address: PostgreSQLAddress
  private let threads: NIOThreadPool
  private let idle = Mutex<[PostgreSQLConnection]>([])
  private let tidied = Mutex(ContinuousClock.now)

  /// How long a verb waits for a server that is away, for a thread, and for its turn: as long as for SQLite's writer.
  private static let patience = 10.0
  /// How long is asked what became of a commit.
  private let settlingTime: Double

  /// The same transaction may succeed later.
  private struct Again: Error {
    /// What to say when there is no more time.
    var reason: any Error
    var isCollision = false

    static var collision: Again {
      Again(
        reason: SQLStorage.Failure(
          description: "The database is too busy: a transaction collided with others for \(Int(patience)) s."),
        isCollision: true)
    }
  }

  private enum Kind: String {
    case read = "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"
    case write = "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE"
  }

  /// Connects once, so that what is wrong is known at the start.
  ///
  /// - Parameters:
  ///   - connections: How many threads, and connections at most.
  ///   - settlingTime: For how many seconds is asked what became of a commit.
  /// - Throws: `SQLStorage.Failure`.
  static func open(
    _ address: String, connections: Int = 8, settlingTime: Double = 30
  ) async throws -> PostgreSQLDatabase {
    let database = PostgreSQLDatabase(try PostgreSQLAddress(address), connections, settlingTime)
    _ = try await database.threads.runIfActive {
      // A server that is just starting is waited for; one that is not there is not.
      var patience = Patience(seconds: patience)
      while true {
        do { return database.giveBack(try database.connection()) } catch let again as Again {
          guard "\(again.reason)".contains("starting up") else { throw again.reason }
          try patience.wait(or: again.reason)
        }
      }
    }
    return database
  }

  private init(_ address: PostgreSQLAddress, _ connections: Int, _ settlingTime: Double) {
    self.address = address
    self.settlingTime = settlingTime
    threads = NIOThreadPool(numberOfThreads: connections)
    threads.start()
  }

  deinit { threads.shutdownGracefully { _ in } }

  func close() async throws {
    try await threads.shutdownGracefully()
    idle.withLock { $0 = [] }
  }

  // MARK: Transactions

  func read<Value: Sendable>(
    _ work: @escaping @Sendable (any SQLSession) throws -> Value
  ) async throws -> Value { try await run(.read, work) }

  func write<Value: Sendable>(
    _ work: @escaping @Sendable (any SQLSession) throws -> Value
  ) async throws -> Value { try await run(.write, work) }

  private func run<Value: Sendable>(
    _ kind: Kind, _ work: @escaping @Sendable (any SQLSession) throws -> Value
  ) async throws -> Value {
    let begun = Patience(seconds: Self.patience)
    return try await threads.runIfActive { [self] in
      var (patience, conflicts, collisions) = (begun, 0, 0)
      while true {
        do {
          return try attempt(kind, isQueueing: collisions > 1, work)
        } catch let again as Again {
          if again.isCollision { collisions += 1 }
          try patience.wait(or: again.reason)
        } catch let conflict as SQLConflict {
          // It may be with a row that was not yet to be seen. The second time it would have been.
          conflicts += 1
          guard conflicts < 3 else { throw conflict }
        }
      }
    }
  }

  private func attempt<Value>(
    _ kind: Kind, isQueueing: Bool, _ work: (any SQLSession) throws -> Value
  ) throws -> Value {
    let connection = try connection()
    // Those who have collided again and again go on one after the other, as with one writer. Taken before the
    // transaction, since that looks at the database as it is when it begins.
    if isQueueing { try queue(connection) }
    let session = PostgreSQLSession(connection)
    let mark = Self.newMark()
    let value: Value
    do {
      try connection.command(kind.rawValue)
      value = try work(session)
      if session.hasWritten { try connection.query(Self.insertMark, [mark, .integer(1)]) }
    } catch let lost as PostgreSQLLost {
      // No COMMIT was sent: it did not happen.
      throw Again(reason: Self.unreachable(lost))
    } catch {
      if (try? connection.command("ROLLBACK")) != nil { giveBack(connection, isQueueing) }
      guard let error = error as? PostgreSQLError, error.isCollision else { throw error }
      throw Again.collision
    }
    do {
      guard try connection.command("COMMIT") == "COMMIT" else {
        throw SQLStorage.Failure(description: "A statement failed and was not noticed: the transaction is undone.")
      }
    } catch let lost as PostgreSQLLost {
      guard session.hasWritten, try settle(mark, connection) else { throw Again(reason: Self.unreachable(lost)) }
      return value
    } catch let error as PostgreSQLError {
      giveBack(connection, isQueueing)
      throw error.isCollision ? Again.collision : error
    }
    tidy(connection)
    giveBack(connection, isQueueing)
    return value
  }

  private static func unreachable(_ lost: PostgreSQLLost) -> SQLStorage.Failure {
    SQLStorage.Failure(description: "The database cannot be reached: \(lost.message)")
  }

  private func queue(_ connection: PostgreSQLConnection) throws {
    do {
      try connection.query("SELECT pg_advisory_lock(?)", [.integer(Self.queueLock)])
    } catch let lost as PostgreSQLLost {
      throw Again(reason: Self.unreachable(lost))
    }
  }

  /// Any number, the same one for every instance.
  private static let queueLock: Int64 = 0x7265_706C_7175_6575

  // MARK: Commits whose answer was lost

  // Each writing transaction puts a random number into `commit_mark` as its last step. When the answer to COMMIT is lost,
  // somebody else tries to enter the same number as "did not happen". If the first one happened, its mark is there; if
  // not, it never can any more. PostgreSQL's own number of the transaction would not do: one whose commit did not reach
  // the disk before a crash may be given to another transaction, which then commits.

  static let markTable = """
    CREATE TABLE IF NOT EXISTS commit_mark (
      id BYTEA PRIMARY KEY NOT NULL, happened BIGINT NOT NULL,
      at DOUBLE PRECISION NOT NULL DEFAULT extract(epoch FROM now())
    )
    """
  private static let insertMark = "INSERT INTO commit_mark (id, happened) VALUES (?, ?) ON CONFLICT DO NOTHING"

  private static func newMark() -> SQLValue {
    var random = SystemRandomNumberGenerator()
    return .blob(withUnsafeBytes(of: (random.next() as UInt64, random.next() as UInt64)) { Data($0) })
  }

  /// Whether a transaction happened.
  ///
  /// - Throws: `SQLStorage.Unsettled`.
  private func settle(_ mark: SQLValue, _ lost: PostgreSQLConnection) throws -> Bool {
    var patience = Patience(seconds: settlingTime)
    while true {
      do {
        let connection = try connection()
        // It may still hold the transaction open, waiting for a COMMIT that never comes.
        try connection.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ? AND backend_start::text = ?",
          [.integer(lost.backend.pid), .text(lost.backend.since)])
        try connection.query(Self.insertMark, [mark, .integer(0)])
        let row = try connection.query("SELECT happened FROM commit_mark WHERE id = ?", [mark]).rows.first
        giveBack(connection)
        if let happened: Bool = row?[at: 0] { return happened }
        throw SQLStorage.Failure(description: "the mark of the transaction is gone")
      } catch {
        let reason = (error as? Again)?.reason ?? (error as? PostgreSQLLost).map(Self.unreachable) ?? error
        try patience.wait(or: SQLStorage.Unsettled(reason: "\(reason)"))
      }
    }
  }

  /// Once a minute: marks that nobody asks for any more.
  private func tidy(_ connection: PostgreSQLConnection) {
    let isDue = tidied.withLock { last in
      guard .now - last > .seconds(60) else { return false }
      last = .now
      return true
    }
    if isDue { _ = try? connection.query("DELETE FROM commit_mark WHERE at < extract(epoch FROM now()) - 600") }
  }

  // MARK: Connections

  /// An idle connection or a new one; there are never more than threads.
  private func connection() throws -> PostgreSQLConnection {
    if let connection = idle.withLock({ $0.popLast() }) { return connection }
    do {
      let connection = try PostgreSQLConnection(address)
      try connection.prepare()
      return connection
    } catch let lost as PostgreSQLLost {
      throw Again(reason: Self.unreachable(lost))
    }
  }

  private func giveBack(_ connection: PostgreSQLConnection, _ isQueueing: Bool = false) {
    // One that cannot be told is closed, and its locks with it.
    if isQueueing, (try? connection.query("SELECT pg_advisory_unlock(?)", [.integer(Self.queueLock)])) == nil { return }
    idle.withLock { $0.append(connection) }
  }

  /// Does something outside of transactions, once.
  func withConnection<Value: Sendable>(
    _ work: @escaping @Sendable (PostgreSQLConnection) throws -> Value
  ) async throws -> Value {
    try await threads.runIfActive { [self] in
      do {
        let connection = try connection()
        let value = try work(connection)
        giveBack(connection)
        return value
      } catch let again as Again {
        throw again.reason
      } catch let lost as PostgreSQLLost {
        throw Self.unreachable(lost)
      }
    }
  }

  /// The server overwrites what was deleted in its own time.
  func forgetDeleted() async {}
}

/// Waits a little longer each time, up to half a second, until there is no more time.
private struct Patience: Sendable {
  private let deadline: ContinuousClock.Instant
  private var delay = 0.002

  init(seconds: Double) { deadline = .now + .seconds(seconds) }

  mutating func wait(or error: any Error) throws {
    guard .now < deadline else { throw error }
    Thread.sleep(forTimeInterval: .random(in: 0...delay))
    delay = min(delay * 2, 0.5)
  }
}
