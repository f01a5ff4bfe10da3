import ChildProcesses
import Foundation
import Testing

@testable import ReplenishCloud

/// `replenish-cloud key`, from the first key to its end, killed in the middle.
@Suite("Key programs", .timeLimit(.minutes(10)))
final class KeyRotationProgramTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "key-programs-\(UUID().uuidString)").path

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private let program = ChildProcess.path(ofBuilt: "replenish-cloud")

  private func command(_ arguments: String...) throws -> (status: Int32, output: String) {
    try ChildProcess.run(program, arguments, in: folder)
  }

  private func open() async throws -> SQLStorage {
    try await SQLStorage.open(folder + "/cloud.sqlite", keys: try KeyFile(path: folder + "/keys"))
  }

  /// So many links of one owner, put into the database as they are.
  private func fill(_ storage: SQLStorage, _ count: Int) async throws {
    let vault = storage.vault
    try await storage.database.write { db in
      try db.execute("INSERT INTO owner (id, email, password, created_at) VALUES ('o', 'a@b', '-', 0)")
      try db.execute(
        "INSERT INTO device (id, model, serial, claim_code, public_key) VALUES (1, 'M', 'S', ?, ?)",
        [Data([1]), Data([1])])
      try db.execute("INSERT INTO ownership (id, device, owner, claimed_at) VALUES (1, 1, 'o', 0)")
      for id in Int64(1)...Int64(count) {
        try db.execute(
          """
          INSERT INTO registration (id, device, ownership, generation, client_id, amazon_user, state, linked_at,
          access_token, refresh_token, expires_at) VALUES (?, 1, 1, ?, 'c', 'u', 'failed', 0, ?, ?, 0)
          """,
          [
            id, id,
            try vault.seal("access \(id)", for: Registration.place(of: "access_token", id: id, generation: id)),
            try vault.seal("refresh \(id)", for: Registration.place(of: "refresh_token", id: id, generation: id)),
          ])
      }
    }
  }

  private func check(_ storage: SQLStorage, _ count: Int) async throws {
    for id in stride(from: 1, through: Int64(count), by: 1) {
      let tokens = try await storage.registration(id)?.tokens
      guard tokens?.access == "access \(id)", tokens?.refresh == "refresh \(id)" else {
        Issue.record("\(id) does not open")
        return
      }
    }
  }

  @Test("add, first, rekey killed in the middle, retire refused, rekey again, retire; what comes too early is refused")
  func wholeWay() async throws {
    let count = 4000
    let place = ["--database", "cloud.sqlite", "--keys", "keys"]
    let made = try command("key", "keys")
    let old = try #require(made.output.split(whereSeparator: \.isWhitespace).last.map(String.init))
    try #require(made.output == "keys: key \(old)\n")
    // One at a time: to open the file once more in the same process would drop the locks that others go by.
    var storage = try await open()
    try await fill(storage, count)
    #expect(try command("key", "retire", "keys", old, "--database", "cloud.sqlite").status != 0)
    #expect(try command("key", "make", "keys").status != 0)
    #expect(try command("key", "add", "keys").output.hasPrefix("keys: key k"))
    let new = try KeyFile(path: folder + "/keys").keys[1].id
    #expect(try command("key", "first", "keys", "none").output.contains("keys has no key none"))
    #expect(try command("key", "first", "keys", new).status == 0)

    // A row of the sixth batch takes for ever, and there it is killed: what it had done stays done, and all of them open.
    try await storage.database.write { db in
      try db.execute(
        """
        CREATE TRIGGER slow BEFORE UPDATE ON registration WHEN new.id = 1001
        BEGIN SELECT COUNT(*) FROM registration AS a, registration AS b, registration AS c; END
        """)
    }
    let rekey = try ChildProcess(program, ["key", "rekey"] + place, in: folder)
    while try await storage.sealedValues()[new] != 1000 { try await Task.sleep(for: .milliseconds(10)) }
    rekey.kill(SIGKILL)
    rekey.waitUntilExit()
    try await storage.close()
    storage = try await open()
    try await storage.database.write { db in _ = try db.execute("DROP TRIGGER slow") }
    let halves = try await storage.sealedValues()
    #expect(halves == [old: 2 * count - 1000, new: 1000])
    try await check(storage, count)

    let refused = try command("key", "retire", "keys", old, "--database", "cloud.sqlite")
    #expect(refused.status != 0 && refused.output.contains("7000 values are sealed with \(old)"))
    #expect(try KeyFile(path: folder + "/keys").keys.count == 2)
    let again = try command("key", "rekey", "--database", "cloud.sqlite", "--keys", "keys")
    #expect(again.status == 0 && again.output.contains("7000 values are sealed with the first key now"))
    #expect(again.output.contains("\(new) seals; \(2 * count) values\n"))
    let listed = try command("key", "list", "--database", "cloud.sqlite", "--keys", "keys")
    #expect(listed.output == "\(new) seals; \(2 * count) values\n\(old) opens; 0 values\n")
    let retired = try command("key", "retire", "keys", old, "--database", "cloud.sqlite")
    #expect(retired.status == 0, "\(retired.output)")
    #expect(try KeyFile(path: folder + "/keys").keys.map(\.id) == [new])
    try await storage.close()
    try await check(try await open(), count)
  }
}
