import Foundation
import GRDB
import Testing

@testable import ReplenishCloud

@Suite("SQLite", .timeLimit(.minutes(10)))
struct SQLiteTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "sqlite-\(UUID().uuidString)").path
  private let keys = KeyFile(keys: [KeyFile.draw()])
  private var path: String { folder + "/cloud.sqlite" }

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  @Test("the writer commits with synchronous=FULL, read back on the open writer")
  func synchronous() async throws {
    let storage = try await SQLStorage.open(path, keys: keys)
    let pool = try #require(storage.database as? SQLiteDatabase).pool
    let values = try await pool.writeWithoutTransaction { db in
      (try Int.fetchOne(db, sql: "PRAGMA synchronous"), try String.fetchOne(db, sql: "PRAGMA journal_mode"))
    }
    #expect(values.0 == 2 && values.1 == "wal")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("a database of another program is refused in one line")
  func foreign() async throws {
    try Data("this is no database, and long enough to be looked at".utf8).write(to: URL(fileURLWithPath: path))
    await #expect(throws: SQLStorage.Failure.self) {
      _ = try await SQLStorage.open(path, keys: keys)
    }
  }

  @Test("a database that is in the field is known by the names of its steps, and goes on working")
  func steps() async throws {
    let names = [
      "1 owners, devices, links, presses", "2 next keys of devices", "3 erasure of owners", "4 notifications of Amazon",
      "5 waves of refused refresh tokens",
    ]
    #expect(Schema.steps.map(\.name).prefix(5) == names[...])
    let older = try SQLiteDatabase(path: path)
    try older.migrate(Array(Schema.steps.prefix(3)))
    _ = try await older.write { db in
      try db.execute("INSERT INTO owner (id, email, password, created_at) VALUES ('o', 'a@b', '-', 1)")
    }
    let done = try await older.read { db in
      try db.values("SELECT identifier FROM grdb_migrations ORDER BY rowid") as [String]
    }
    #expect(done == Array(names.prefix(3)))
    try older.close()
    let storage = try await SQLStorage.open(path, keys: keys)
    #expect(try await storage.owner(email: "a@b")?.id == "o")
    #expect(try await storage.knowsNotification("none") == false)
  }
}
