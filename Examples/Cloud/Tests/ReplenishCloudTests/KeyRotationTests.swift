import Foundation
import Testing

@testable import ReplenishCloud

/// A change of the key that seals: add, make first, seal anew, retire.
@Suite("Key rotation", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
final class KeyRotationTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "rotation-\(UUID().uuidString)").path
  private let database: EmptyDatabase
  private let old = KeyFile.draw()
  private let new = KeyFile.draw()

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    database = EmptyDatabase(folder: folder)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func open(_ keys: KeyFile.Key...) async throws -> SQLStorage {
    try await database.open(keys: KeyFile(keys: keys))
  }

  /// So many links, and two browsers on their way to Amazon.
  private func fill(_ storage: SQLStorage, _ count: Int) async throws -> [Registration.ID] {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let owner = try #require(try await storage.openAccount(email: "a@b", password: "-", recoveryCodes: [], at: now))
    var ids: [Registration.ID] = []
    for number in 1...(count + 2) {
      let key = Fingerprint(of: "key \(number)")
      let entered = try await storage.enter([
        NewDevice(model: "M", serial: "S\(number)", claimCode: Fingerprint(of: "code \(number)"), publicKey: key)
      ])
      try #require(entered)
      let device = try #require(try await storage.device(publicKey: key))
      try await storage.notePresence(of: device.id, at: now)
      let ownership = try #require(
        try await storage.claim(
          owner: owner.id, serial: "S\(number)", code: Fingerprint(of: "code \(number)"), presentSince: now, at: now))
      guard number <= count else {
        let attempt = LinkAttempt(
          session: Fingerprint(of: "session"), ownership: ownership.id, device: device.id,
          verifier: "verifier \(number)", expiresAt: now + 600)
        try #require(try await storage.insert(attempt, state: Fingerprint(of: "state \(number)")))
        continue
      }
      let outcome = try await storage.link(
        ownership.id, device: device.id, clientID: "client", amazonUser: "amzn1.account.A",
        tokens: TokenPair(access: "access \(number)", refresh: "refresh \(number)", expiresAt: now + 3600), at: now)
      guard case .linked(let registration) = outcome else { throw KeyFile.Failure(description: "\(outcome)") }
      ids.append(registration.id)
    }
    return ids
  }

  /// Every value opens, and is what it was.
  private func check(_ storage: SQLStorage, _ ids: [Registration.ID]) async throws {
    for (index, id) in ids.enumerated() {
      let tokens = try await storage.registration(id)?.tokens
      #expect(tokens?.access == "access \(index + 1)" && tokens?.refresh == "refresh \(index + 1)")
    }
  }

  @Test("sealed anew, every value opens with the new key alone, and the old one can be retired")
  func wholeWay() async throws {
    let first = try await open(old)
    let ids = try await fill(first, 25)
    #expect(try await first.sealedValues() == [old.id: 52])
    let storage = try await open(new, old)
    #expect(try await storage.retireKey(old.id) == 52)
    #expect(try await storage.reseal(batch: 7) == SQLStorage.Resealing(moved: 52))
    #expect(try await storage.reseal() == SQLStorage.Resealing())
    #expect(try await storage.sealedValues() == [new.id: 52])
    #expect(try await storage.retireKey(old.id) == 0)
    let last = try await open(new)
    try await check(last, ids)
    let attempt = try await last.takeAttempt(
      state: Fingerprint(of: "state 26"), session: Fingerprint(of: "session"),
      at: Date(timeIntervalSince1970: 1_800_000_000))
    #expect(attempt?.verifier == "verifier 26")
  }

  @Test("ended after any batch, it goes on with the rest")
  func resumes() async throws {
    let ids = try await fill(try await open(old), 6)
    let storage = try await open(new, old)
    var calls = 0
    while try await storage.sealedValues()[old.id] != nil {
      let done = try await storage.reseal(batch: 1) { _ in false }
      #expect(done.moved == 1)
      calls += 1
      try await check(storage, ids)
      try await check(try await open(old, new), ids)
    }
    #expect(calls == 14)
  }

  @Test("what instances write meanwhile, with either key, is not overwritten")
  func beside() async throws {
    let running = try await open(old, new)
    let ids = try await fill(running, 40)
    let storage = try await open(new, old)
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    func tokens(_ id: Registration.ID) -> TokenPair {
      TokenPair(access: "access fresh \(id)", refresh: "refresh fresh \(id)", expiresAt: now + 7200)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for id in ids {
          let link = try #require(try await running.registration(id))
          try #require(try await running.leaseRefresh(link, lease: "l", until: now + 60, at: now))
          try #require(try await running.storeTokens(tokens(id), of: link, lease: "l"))
        }
      }
      group.addTask { for _ in 0..<20 { _ = try await storage.reseal(batch: 30) } }
      try await group.waitForAll()
    }
    _ = try await storage.reseal()
    for id in ids { #expect(try await storage.registration(id)?.tokens == tokens(id)) }
    #expect(try await storage.sealedValues() == [new.id: 82])
  }

  @Test("a value whose key is missing, or that was changed, is counted and left as it is; the others are moved")
  func damaged() async throws {
    let ids = try await fill(try await open(old), 3)
    let storage = try await open(new, old)
    try await storage.database.write { db in
      try db.execute("UPDATE registration SET access_token = 'k00000000:AAAA' WHERE id = ?", [ids[0]])
      try db.execute("UPDATE registration SET refresh_token = substr(refresh_token, 1, 30) WHERE id = ?", [ids[1]])
    }
    #expect(try await storage.reseal(batch: 1) == SQLStorage.Resealing(moved: 6, failed: 2))
    #expect(try await storage.sealedValues() == [new.id: 6, SQLStorage.unknownKey: 1, old.id: 1])
    #expect(try await storage.retireKey(old.id) == 1)
  }

  @Test("every column that has a sealed value is on the list")
  func columns() async throws {
    let storage = try await open(old)
    _ = try await fill(storage, 1)
    let found = try await storage.places(of: [old.id + ":"]).filter { $0 != "sealing_key.proof" }
    #expect(Set(found) == Set(SQLStorage.sealedColumns.map(\.name)))
  }

  @Test("the file: a new key goes behind the others, one is made first, one is taken out; remarks stay")
  func file() throws {
    let path = folder + "/keys"
    let first = try KeyFile.create(path: path)
    let second = try KeyFile.add(path: path)
    #expect(try KeyFile(path: path).keys.map(\.id) == [first.id, second.id])
    try KeyFile.makeFirst(second.id, path: path)
    #expect(try KeyFile(path: path).keys.map(\.id) == [second.id, first.id])
    #expect(throws: KeyFile.Failure.self) { try KeyFile.remove(second.id, path: path) }
    #expect(throws: KeyFile.Failure.self) { try KeyFile.remove("none", path: path) }
    #expect(throws: KeyFile.Failure.self) { try KeyFile.makeFirst("none", path: path) }
    try KeyFile.remove(first.id, path: path)
    let keys = try KeyFile(path: path).keys
    #expect(keys.map(\.id) == [second.id] && keys[0].bytes == second.bytes)
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("# Keys of replenish-cloud."))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["keys"])
  }
}
