import Foundation
import Synchronization
import Testing

@testable import ReplenishCloud

/// What was acknowledged while the server crashes.
private final class Progress: Sendable {
  let isOver = Mutex(false)
  let acknowledged = Mutex<[String]>([])
}

/// What is PostgreSQL's own; the verbs are tested with those of SQLite.
@Suite("PostgreSQL", .timeLimit(.minutes(10)))
struct PostgreSQLTests {
  private let keys = KeyFile(keys: [KeyFile.draw()])
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func name() -> String { "own_" + UUID().uuidString.lowercased().replacing("-", with: "") }

  /// What opening a database throws, which must be one line.
  private func refusal(of address: String) async throws -> String {
    do {
      try await SQLStorage.open(address, keys: keys).close()
    } catch let failure as SQLStorage.Failure {
      #expect(!failure.description.contains { $0.isNewline })
      return failure.description
    }
    return "it was opened"
  }

  @Test(
    "the answer to COMMIT was lost: what had arrived happened once, what had not is done again and happens once",
    arguments: CommitProxy.Cut.allCases)
  func lostAnswer(cut: CommitProxy.Cut) async throws {
    let (cluster, name) = (try await Cluster.shared, name())
    try await cluster.createDatabase(name)
    let proxy = try CommitProxy(cluster)
    let storage = try await SQLStorage.open(proxy.address(of: name), keys: keys)
    for count in 1...3 {
      proxy.cut(cut)
      #expect(try await storage.noteAttempt([AttemptLimit("somebody", .max, seconds: 60)], at: now))
      #expect(proxy.cuts == count)
      #expect(try await storage.attempts("somebody", since: now - 1) == count)
    }
    // One mark of each kind for every transaction that was asked about.
    let marks: [Int64] = try await storage.database.read { db in
      try db.values("SELECT happened FROM commit_mark ORDER BY happened")
    }
    #expect(marks.filter { $0 == 0 }.count == (cut == .after ? 0 : 3))
    try await storage.close()
  }

  @Test(
    "nobody can be asked what became of a commit: the verb says that it is not known",
    arguments: [CommitProxy.Cut.before, .after])
  func unsettled(cut: CommitProxy.Cut) async throws {
    let (cluster, name) = (try await Cluster.shared, name())
    try await cluster.createDatabase(name)
    let proxy = try CommitProxy(cluster)
    let database = try await PostgreSQLDatabase.open(proxy.address(of: name), settlingTime: 1)
    let storage = try await SQLStorage.open(database, keys: keys)
    proxy.refusesAfterwards.withLock { $0 = true }
    proxy.cut(cut)
    let error = await #expect(throws: SQLStorage.Unsettled.self) {
      _ = try await storage.noteAttempt([AttemptLimit("somebody", .max, seconds: 60)], at: now)
    }
    #expect(try #require(error).description.contains("whether it happened is not known"))
    proxy.refusesAfterwards.withLock { $0 = false }
    #expect(try await storage.attempts("somebody", since: now - 1) == (cut == .after ? 1 : 0))
    try await storage.close()
  }

  @Test(
    "the server crashes while presses arrive: each one that was acknowledged is there, each one that was not, not twice"
  )
  func crashes() async throws {
    let cluster = try await Cluster()
    let storage = try await SQLStorage.open(cluster.address(of: "postgres"), keys: keys)
    let key = Fingerprint(of: "key")
    let new = NewDevice(model: "M", serial: "S", claimCode: Fingerprint(of: "code"), publicKey: key)
    try #require(try await storage.enter([new]))
    let device = try #require(try await storage.device(publicKey: key))
    var limits = PressLimits()
    limits.perHour = .max
    let progress = Progress()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask { [limits] in
          while !progress.isOver.withLock({ $0 }) {
            let id = Device.pressID()
            // An attempt has no number: done twice it would be there twice.
            _ = try await storage.noteAttempt([AttemptLimit(id, .max, seconds: 60)], at: now)
            let receipt = try await storage.note(
              NewPress(id: id, slot: "coffee", pressedAt: now), device: device.id, limits: limits, lease: nil, at: now)
            guard case .noted = receipt else { continue }
            progress.acknowledged.withLock { $0.append(id) }
          }
        }
      }
      for count in 1...3 {
        while progress.acknowledged.withLock({ $0.count }) < count * 100 { try await Task.sleep(for: .milliseconds(5)) }
        try await cluster.crash()
      }
      let before = progress.acknowledged.withLock { $0.count }
      while progress.acknowledged.withLock({ $0.count }) < before + 50 { try await Task.sleep(for: .milliseconds(5)) }
      progress.isOver.withLock { $0 = true }
      try await group.waitForAll()
    }
    let (presses, attempts) = try await storage.database.read { db in
      (try db.values("SELECT id FROM press") as [String], try db.values("SELECT name FROM attempt") as [String])
    }
    let told = progress.acknowledged.withLock { $0 }
    #expect(told.count >= 350)
    #expect(Set(told).subtracting(presses) == [])
    #expect(attempts.count == Set(attempts).count && Set(told).subtracting(attempts) == [])
    try await storage.close()
  }

  @Test("several instances that start at once make the schema once")
  func migrations() async throws {
    let (cluster, name) = (try await Cluster.shared, name())
    try await cluster.createDatabase(name)
    let storages = try await withThrowingTaskGroup(of: SQLStorage.self) { group in
      for _ in 0..<4 { group.addTask { try await SQLStorage.open(cluster.address(of: name), keys: keys) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for storage in storages {
      let steps: [String] = try await storage.database.read { db in try db.values("SELECT name FROM schema_step") }
      #expect(steps.sorted() == Schema.steps.map(\.name).sorted())
      #expect(try await storage.devices().isEmpty)
      try await storage.close()
    }
  }

  @Test(
    "a server that confirms what it may lose is refused, and the line says what to do",
    arguments: [("synchronous_commit", "off"), ("synchronous_commit", "local"), ("synchronous_commit", "remote_apply")])
  func durability(setting: String, value: String) async throws {
    let (cluster, name) = (try await Cluster.shared, name())
    try await cluster.createDatabase(name)
    try await cluster.command("ALTER DATABASE \(name) SET \(setting) = \(value)")
    guard value != "off" else {
      let line = try await refusal(of: cluster.address(of: name))
      #expect(line.contains("synchronous_commit off") && line.contains("ALTER ROLE"), "\(line)")
      // Nor by the address.
      let own = cluster.address(of: "postgres") + "&options=-csynchronous_commit%3Doff"
      #expect(try await refusal(of: own).contains("synchronous_commit off"))
      return
    }
    let storage = try await SQLStorage.open(cluster.address(of: name), keys: keys)
    let set: String? = try await storage.database.read { try $0.value("SELECT current_setting('synchronous_commit')") }
    #expect(set == (value == "local" ? "on" : value))
    try await storage.close()
  }

  @Test("what is wrong with the address or the account is said in one line, without the password")
  func mistakes() async throws {
    let cluster = try await Cluster.shared
    let role = "locked"
    try await cluster.command("DROP ROLE IF EXISTS \(role)")
    try await cluster.command("CREATE ROLE \(role) LOGIN PASSWORD 'right-canary'")
    let passwords = FileManager.default.temporaryDirectory.appending(path: "pgpass-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: passwords) }
    func locked(_ password: String?) throws -> String {
      if let password {
        try Data("*:*:*:\(role):\(password)\n".utf8).write(to: URL(fileURLWithPath: passwords))
        chmod(passwords, 0o600)
      }
      return "postgresql://\(role)@/postgres?host=\(cluster.folder)" + (password == nil ? "" : "&passfile=\(passwords)")
    }
    for (address, words) in [
      (try locked("wrong-canary"), ["password authentication failed", "locked"]),
      (try locked(nil), ["no password", "passfile=FILE", "PGPASSFILE"]),
      (cluster.address(of: "none-such"), ["none-such", "does not exist"]),
      ("postgresql://cloud@none.invalid/postgres", ["none.invalid", "cannot be reached"]),
      ("postgresql://cloud@/postgres?host=\(cluster.folder)-none", ["cannot be reached", "-none"]),
      ("postgresql://cloud:right-canary@/postgres", ["PGPASSFILE", "passfile=FILE"]),
      ("postgresql://cloud@/postgres?password=right-canary", ["PGPASSFILE", "passfile=FILE"]),
      ("postgresql://cloud:right-canary@[/postgres", ["postgresql://ROLE@HOST/DATABASE"]),
      ("mysql://cloud@localhost/postgres", ["postgresql://"]),
    ] {
      let line = try await refusal(of: address)
      for word in words { #expect(line.contains(word), "\(line)") }
      #expect(!line.contains("canary"))
    }
    // With the right one it gets in, and is told that it may not make the tables.
    #expect(try await refusal(of: try locked("right-canary")).contains("owner of the database"))
  }

  @Test("a value is bound, never spliced, and comes back as it was; U+0000 is refused, which PostgreSQL cannot keep")
  func values() async throws {
    let (cluster, name) = (try await Cluster.shared, name())
    try await cluster.createDatabase(name)
    let database = try await PostgreSQLDatabase.open(cluster.address(of: name))
    try await database.migrate([])
    let texts = ["", "'; DROP TABLE x; --", "$1 ? ?1", "Zoë 🫘 \u{301}", "\\", "\"", "NULL"]
    let back = try await database.write { db in
      try db.execute("CREATE TABLE x (i BIGINT, d DOUBLE PRECISION, t TEXT, b BYTEA)")
      for text in texts { try db.execute("INSERT INTO x (t, b) VALUES (?, ?)", [text, Data(text.utf8)]) }
      for number in [0, 1, -1, 1 << 31, Int64.max, .min] {
        try db.execute("INSERT INTO x (i, d) VALUES (?, ?)", [number, Double(number) / 3])
      }
      return try db.rows("SELECT * FROM x")
    }
    #expect(back.compactMap { $0["t"] as String? } == texts)
    #expect(back.compactMap { $0["b"] as Data? } == texts.map { Data($0.utf8) })
    #expect(back.compactMap { $0["i"] as Int64? } == [0, 1, -1, 1 << 31, .max, .min])
    #expect(back.compactMap { $0["d"] as Double? } == [0, 1, -1, 1 << 31, Int64.max, .min].map { Double($0) / 3 })
    await #expect(throws: PostgreSQLError.self) {
      try await database.read { try $0.rows("SELECT * FROM x WHERE t = ?", ["a\0b"]) }
    }
    try await database.close()
  }

  @Test("two transactions that each look at what the other one changes: both happen, one after the other")
  func collisions() async throws {
    let (cluster, name) = (try await Cluster.shared, name())
    try await cluster.createDatabase(name)
    let database = try await PostgreSQLDatabase.open(cluster.address(of: name))
    try await database.migrate([])
    _ = try await database.write { try $0.execute("CREATE TABLE x (n BIGINT NOT NULL)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<24 {
        group.addTask {
          _ = try await database.write { db in
            let count: Int64? = try db.value("SELECT COUNT(*) FROM x")
            try db.execute("INSERT INTO x (n) VALUES (?)", [count])
          }
        }
      }
      try await group.waitForAll()
    }
    let numbers: [Int64] = try await database.read { try $0.values("SELECT n FROM x ORDER BY n") }
    #expect(numbers == Array(0..<24))
    try await database.close()
  }

  @Test("the text of a statement and of the schema in PostgreSQL's words")
  func text() {
    #expect(PostgreSQLText.statement("a = ? AND b = '?' AND \"?\" = ?") == "a = $1 AND b = '?' AND \"?\" = $2")
    #expect(PostgreSQLText.statement("a = ?1 OR b = ?2 OR c = ?1") == "a = $1 OR b = $2 OR c = $1")
    #expect(PostgreSQLText.statement("a = 'it''s ?' || ?") == "a = 'it''s ?' || $1")
    #expect(
      PostgreSQLText.schema("id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER, t TEXT NOT NULL, d REAL, b BLOB")
        == """
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n BIGINT, t TEXT COLLATE "C" NOT NULL, \
        d DOUBLE PRECISION, b BYTEA
        """)
  }
}
