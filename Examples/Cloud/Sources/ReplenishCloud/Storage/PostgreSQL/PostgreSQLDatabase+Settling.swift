import Foundation
import Synchronization

/// Commits whose answer was lost.
///
/// Each writing transaction puts a random number into `commit_mark` as its last step. When the answer to COMMIT is lost,
/// somebody else tries to enter the same number as "did not happen". If the first one happened, its mark is there; if
/// not, it never can any more. PostgreSQL's own number of the transaction would not do: one whose commit did not reach
/// the disk before a crash may be given to another transaction, which then commits.
extension PostgreSQLDatabase {
  static let markTable = """
    CREATE TABLE IF NOT EXISTS commit_mark (
      id BYTEA PRIMARY KEY NOT NULL, happened BIGINT NOT NULL,
      at DOUBLE PRECISION NOT NULL DEFAULT extract(epoch FROM now())
    )
    """
  static let insertMark = "INSERT INTO commit_mark (id, happened) VALUES (?, ?) ON CONFLICT DO NOTHING"

  static func newMark() -> SQLValue {
    var random = SystemRandomNumberGenerator()
    return .blob(withUnsafeBytes(of: (random.next() as UInt64, random.next() as UInt64)) { Data($0) })
  }

  /// Whether a transaction happened.
  ///
  /// - Throws: `SQLStorage.Unsettled`.
  func settle(_ mark: SQLValue, _ lost: PostgreSQLConnection) throws -> Bool {
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
  func tidy(_ connection: PostgreSQLConnection) {
    let isDue = tidied.withLock { last in
      guard .now - last > .seconds(60) else { return false }
      last = .now
      return true
    }
    if isDue { _ = try? connection.query("DELETE FROM commit_mark WHERE at < extract(epoch FROM now()) - 600") }
  }
}
