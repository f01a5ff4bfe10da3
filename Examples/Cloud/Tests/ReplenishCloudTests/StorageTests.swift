import Foundation
import OwnerOnlyFiles
import Testing

@testable import ReplenishCloud

@Suite("Storage", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct StorageTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "storage-\(UUID().uuidString)").path
  private let database: EmptyDatabase

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    database = EmptyDatabase(folder: folder)
  }

  private func open(_ keys: KeyFile.Key...) async throws -> SQLStorage {
    try await database.open(keys: KeyFile(keys: keys.isEmpty ? [KeyFile.draw()] : keys))
  }

  private func device(_ storage: SQLStorage) async throws -> CloudDevice {
    let key = Fingerprint(of: "key")
    try #require(
      try await storage.enter([
        NewDevice(model: "M", serial: "S", claimCode: Fingerprint(of: "code"), publicKey: key)
      ]))
    return try #require(try await storage.device(publicKey: key))
  }

  private func linked(_ storage: SQLStorage, at now: Date = .now) async throws -> Registration {
    let device = try await device(storage)
    let owner = try #require(
      try await storage.openAccount(email: "a@b", password: "-", recoveryCodes: [], at: now))
    try await storage.notePresence(of: device.id, at: now)
    let ownership = try #require(
      try await storage.claim(
        owner: owner.id, serial: "S", code: Fingerprint(of: "code"), presentSince: now - 600, at: now))
    let outcome = try await storage.link(
      ownership.id, device: device.id, clientID: "client", amazonUser: "amzn1.account.A",
      tokens: TokenPair(access: "Atza|ACCESS-canary", refresh: "Atzr|REFRESH-canary", expiresAt: now + 3600), at: now)
    guard case .linked(let registration) = outcome else { throw SQLStorage.Failure(description: "\(outcome)") }
    return registration
  }

  @Test("tokens come back, and the database does not hold them")
  func sealed() async throws {
    let storage = try await open()
    let registration = try await linked(storage)
    #expect(registration.tokens?.access == "Atza|ACCESS-canary")
    #expect(try await storage.registration(registration.id)?.tokens?.refresh == "Atzr|REFRESH-canary")
    let forms = ["canary", Data("canary".utf8).base64EncodedString()]
    #expect(try await storage.places(of: forms) == [])
    if database.kind == .sqlite {
      for file in [database.path, database.path + "-wal"] {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        for form in forms { #expect(bytes.range(of: Data(form.utf8)) == nil) }
      }
    }
  }

  @Test("a value that was moved to another column, row or generation does not open")
  func moved() async throws {
    let storage = try await open()
    let registration = try await linked(storage)
    func change(_ sql: String) async throws { _ = try await storage.database.write { try $0.execute(sql) } }
    try await change("UPDATE registration SET generation = generation + 1")
    await #expect(throws: TokenVault.Failure.self) { _ = try await storage.registration(registration.id) }
    try await change("UPDATE registration SET generation = generation - 1")
    #expect(try await storage.registration(registration.id)?.tokens != nil)
    let copy = try await storage.database.write { db in
      try db.execute("UPDATE registration SET state = 'ended'")
      let columns = """
        device, ownership, generation, client_id, amazon_user, state, linked_at, access_token, refresh_token, expires_at
        """
      return try db.inserted(
        "INSERT INTO registration (\(columns)) SELECT \(columns) FROM registration RETURNING id", [])
    }
    await #expect(throws: TokenVault.Failure.self) { _ = try await storage.registration(copy) }
    #expect(try await storage.registration(registration.id)?.tokens != nil)
    try await change("UPDATE registration SET access_token = refresh_token")
    await #expect(throws: TokenVault.Failure.self) { _ = try await storage.registration(registration.id) }
  }

  @Test("a sealed value names its key, and opens at its table, row, column and generation only")
  func places() throws {
    let key = KeyFile.draw()
    let vault = TokenVault(KeyFile(keys: [key]))
    func place(_ table: String = "t", _ row: String = "1", _ column: String = "c", _ generation: Int64 = 1)
      -> TokenVault.Place
    { TokenVault.Place(table: table, row: row, column: column, generation: generation) }
    let sealed = try vault.seal("secret", for: place())
    #expect(sealed.hasPrefix(key.id + ":"))
    #expect(try vault.open(sealed, at: place()) == "secret")
    for other in [place("u"), place("t", "2"), place("t", "1", "d"), place("t", "1", "c", 2), place("t", "1c", "")] {
      #expect(throws: TokenVault.Failure.self) { _ = try vault.open(sealed, at: other) }
    }
    // Sealed twice it looks different: the nonce is drawn anew.
    #expect(try vault.seal("secret", for: place()) != sealed)
  }

  @Test("several owners link one Amazon account at one instant: one has it, the others' registrations are taken back")
  func oneAccount() async throws {
    let storage = try await open()
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    var ownerships: [Ownership] = []
    for number in 0..<8 {
      let (code, key) = (Fingerprint(of: "code \(number)"), Fingerprint(of: "key \(number)"))
      let new = NewDevice(model: "M", serial: "S\(number)", claimCode: code, publicKey: key)
      try #require(try await storage.enter([new]))
      try await storage.notePresence(of: try #require(try await storage.device(publicKey: key)).id, at: now)
      let owner = try #require(
        try await storage.openAccount(email: "\(number)@b", password: "-", recoveryCodes: [], at: now))
      ownerships.append(
        try #require(
          try await storage.claim(
            owner: owner.id, serial: new.serial, code: code, presentSince: now - 600, at: now)))
    }
    let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
      for ownership in ownerships {
        group.addTask {
          let outcome = try await storage.link(
            ownership.id, device: ownership.device.id, clientID: "client", amazonUser: "amzn1.account.A",
            tokens: TokenPair(access: "a", refresh: "r", expiresAt: now + 3600), at: now)
          return if case .linked = outcome { "linked" } else { "\(outcome)" }
        }
      }
      return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(outcomes == ["linked": 1, "otherOwner": 7])
    #expect(try await storage.dueUnlinks(at: now).count == 7)
  }

  @Test("a missing key and a wrong key of the same name refuse to start, and unlink nobody")
  func keys() async throws {
    let good = KeyFile.draw()
    let id: Int64
    do {
      let storage = try await open(good)
      id = try await linked(storage).id
      try await storage.close()
    }
    let other = KeyFile.draw()
    await #expect(throws: TokenVault.Failure.self) { _ = try await open(other) }
    let sameName = KeyFile.Key(id: good.id, bytes: other.bytes)
    await #expect(throws: TokenVault.Failure.self) {
      _ = try await open(sameName)
    }
    let storage = try await open(other, good)
    #expect(try await storage.registration(id)?.state == .live)
    #expect(try await storage.registration(id)?.tokens != nil)
  }

  @Test("a key file that others may read, without a key, or damaged is refused in one line")
  func keyFiles() throws {
    let file = folder + "/keys"
    _ = try KeyFile.create(path: file)
    #expect(try KeyFile(path: file).keys.count == 1)
    #expect(throws: PrivateFile.Failure.self) { _ = try KeyFile.create(path: file) }
    chmod(file, 0o644)
    #expect { _ = try KeyFile(path: file) } throws: { "\($0)".contains("chmod 600") }
    for content in ["", "# nothing\n", "k1\n", "k1 AAAA\n", "k!1 \(Data(count: 32).base64EncodedString())\n"] {
      try Data(content.utf8).write(to: URL(fileURLWithPath: file))
      chmod(file, 0o600)
      #expect(throws: KeyFile.Failure.self) { _ = try KeyFile(path: file) }
    }
    #expect(throws: PrivateFile.Failure.self) { _ = try KeyFile(path: folder + "/none") }
  }

  @Test("only one of many gets the lease of a refresh, and a stranger's answer is not stored")
  func lease() async throws {
    let storage = try await open()
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let registration = try await linked(storage, at: now)
    let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<20 {
        group.addTask {
          try await storage.leaseRefresh(registration, lease: "l\(number)", until: now + 60, at: now)
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(winners == 1)
    let tokens = TokenPair(access: "a2", refresh: "r2", expiresAt: now + 10)
    #expect(try await storage.storeTokens(tokens, of: registration, lease: "stranger") == false)
    #expect(try await storage.leaseRefresh(registration, lease: "late", until: now + 120, at: now + 61))
    #expect(try await storage.storeTokens(tokens, of: registration, lease: "late"))
    #expect(try await storage.registration(registration.id)?.tokens == tokens)
  }

  @Test("a new press is leased with its note, and ends for that lease only; one that joins or is known is not leased")
  func leasedNote() async throws {
    let storage = try await open()
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let device = try await linked(storage, at: now).device.id
    let lease = PressLease(name: "ours", until: now + 240)
    func note(_ id: String, _ slot: String = "coffee", age: Double? = 0) async throws -> PressReceipt {
      let press = NewPress(id: id, slot: slot, pressedAt: age.map { now - $0 + 1 })
      return try await storage.note(press, device: device, limits: PressLimits(), lease: lease, at: now + 1)
    }
    guard case .leased(let press) = try await note("a") else { throw SQLStorage.Failure(description: "not leased") }
    let other = PressLease(name: "other", until: now + 300)
    #expect(try await storage.leasePress(press, other, at: now + 2) == nil)
    #expect(try await storage.duePresses(at: now + 2, limit: 10) == [])
    // Known already; joins the open one; of unknown age.
    #expect(try await note("a") == .noted(press))
    guard case .noted = try await note("b") else { throw SQLStorage.Failure(description: "a joined one is leased") }
    guard case .noted(let old) = try await note("c", "water-filter", age: nil) else {
      throw SQLStorage.Failure(description: "a dead one is leased")
    }
    #expect(old.state == .expired)
    let result = PressResult(state: .ordered, detailCode: "STANDARD_ORDER_PLACED")
    #expect(try await storage.finish(press, lease: "other", result) == nil)
    #expect(try await storage.finish(press, lease: "ours", result)?.state == .ordered)
    #expect(try await storage.press("b", device: device)?.state == .ordered)
    // Whoever noted it is gone: the lease ends by itself.
    guard case .leased(let left) = try await note("d") else { throw SQLStorage.Failure(description: "not leased") }
    #expect(try await storage.duePresses(at: lease.until, limit: 10) == [left])
    #expect(try await storage.leasePress(left, other, at: lease.until) == left)
  }

  @Test("invalid_grant ends a link only if token, generation and client are the row's now")
  func endLink() async throws {
    let storage = try await open()
    let registration = try await linked(storage)
    for change: @Sendable (inout Registration) -> Void in [
      { $0.tokens?.refresh = "older" }, { $0.generation += 1 }, { $0.clientID = "another" }, { $0.tokens = nil },
    ] {
      var sent = registration
      change(&sent)
      #expect(try await storage.endLink(refusedBy: sent, at: .now) == .replaced)
    }
    #expect(try await storage.registration(registration.id)?.state == .live)
    #expect(try await storage.endLink(refusedBy: registration, at: .now) == .ended)
    #expect(try await storage.registration(registration.id)?.state == .ended)
    #expect(try await storage.registration(registration.id)?.tokens == nil)
  }
}
