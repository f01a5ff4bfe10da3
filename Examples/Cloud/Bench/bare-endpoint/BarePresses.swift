import Foundation
import GRDB

/// One table in a SQLite file whose commits are on the disk before they return, as the cloud's are.
struct BarePresses: Sendable {
  private let pool: DatabasePool

  init(path: String) throws {
    pool = try DatabasePool(path: path)
    // The pool sets NORMAL when it opens; read back, since a yardstick that skips the disk is none.
    let promise = try pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      return (try Int.fetchOne(db, sql: "PRAGMA synchronous"), try String.fetchOne(db, sql: "PRAGMA journal_mode"))
    }
    guard promise == (2, "wal") else { throw DatabaseError(message: "\(path): commits would not be durable here") }
    try pool.write { db in
      try db.execute(
        sql: """
          CREATE TABLE press (
            id TEXT PRIMARY KEY NOT NULL,
            slot TEXT NOT NULL,
            age REAL,
            received_at REAL NOT NULL,
            state TEXT NOT NULL,
            detail_code TEXT,
            event_instance_id TEXT
          ) WITHOUT ROWID
          """)
    }
  }

  func insert(_ id: String, _ press: BarePress) async throws {
    let received = Date().timeIntervalSince1970
    try await pool.write { db in
      try db.execute(
        sql: "INSERT INTO press (id, slot, age, received_at, state) VALUES (?, ?, ?, ?, 'sending')",
        arguments: [id, press.slot, press.ageSeconds, received])
    }
  }

  func update(_ id: String, _ answer: BareService.Answer) async throws {
    try await pool.write { db in
      try db.execute(
        sql: "UPDATE press SET state = 'ordered', detail_code = ?, event_instance_id = ? WHERE id = ?",
        arguments: [answer.detailCode, answer.eventInstanceId, id])
    }
  }
}
