import Foundation
import Logging
import OAuthServer
import Testing

@testable import AmazonEmulator
@testable import OAuthServer
@testable import ReplenishCloud

/// Another instance of the cloud: connections of its own to the same database, and to Amazon.
struct Instance: Sendable {
  let storage: SQLStorage
  let amazon: AmazonClient
  let keeper: TokenKeeper

  init(_ cloud: CloudFixture.Running, log: LogLines) async throws {
    let fixture = cloud.fixture
    storage = try await fixture.open()
    var configuration = cloud.cloud.amazon.configuration
    // A thousand at once may take a busy machine a while.
    configuration.deadline = 60
    amazon = try AmazonClient(configuration)
    let clock = fixture.clock
    keeper = TokenKeeper(
      storage: storage, amazon: amazon, logger: Logger(label: "instance") { _ in KeepingLogHandler(lines: log) },
      now: { clock.now })
  }

  func close() async throws {
    try await amazon.shutdown()
    try await storage.close()
  }

  /// The word for what came of asking for an access token, or the token.
  func access(_ id: Int64) async throws -> String {
    switch try await keeper.access(id, generation: 1) {
    case .token(let token): token
    case .ended: "ended"
    case .unavailable: "unavailable"
    }
  }

  /// Asks for all, so many at a time.
  func access(_ ids: [Int64], atOnce: Int) async throws -> [Int64: String] {
    try await withThrowingTaskGroup(of: (Int64, String).self) { group in
      var found: [Int64: String] = [:]
      for (index, id) in ids.enumerated() {
        if index >= atOnce, let (id, answer) = try await group.next() { found[id] = answer }
        group.addTask { (id, try await access(id)) }
      }
      for try await (id, answer) in group { found[id] = answer }
      return found
    }
  }
}

extension CloudFixture.Running {
  /// Runs with further instances; they write one log.
  func withInstances(_ count: Int, _ work: ([Instance], LogLines) async throws -> Void) async throws {
    let log = LogLines()
    var instances: [Instance] = []
    for _ in 0..<count { instances.append(try await Instance(self, log: log)) }
    let result = await Result { [instances] in try await work(instances, log) }
    for instance in instances { try await instance.close() }
    try result.get()
  }

  /// Links of one owner, put into the database as they are.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - isKnown: Amazon knows the refresh tokens; otherwise it refuses them.
  ///   - secondsLeft: How long the access tokens are still good.
  ///   - owner: The owner's number.
  func seedLinks(
    _ count: Int, isKnown: Bool, secondsLeft: Double = -1, owner: String = UUID().uuidString
  ) async throws -> [Int64] {
    let expiresAt = clock.now + secondsLeft
    let client = cloud.amazon.configuration.clientID
    var pairs: [TokenPair] = []
    for _ in 0..<count {
      guard isKnown else {
        pairs.append(TokenPair(access: "Atza|\(UUID())", refresh: "Atzr|\(UUID())", expiresAt: expiresAt))
        continue
      }
      let server = fixture.emulator.server
      let scope = try #require(Scope("dash:replenish"))
      let grant = try await server.makeGrant(
        clientID: client, subject: "customer@example.com", scope: scope, resource: nil)
      let answer = try await server.issue(for: grant, scope: scope)
      pairs.append(TokenPair(access: answer.accessToken, refresh: answer.refreshToken, expiresAt: expiresAt))
    }
    let (tokens, vault, now) = (pairs, storage.vault, clock.now.seconds)
    return try await storage.database.write { db in
      try db.execute(
        "INSERT INTO owner (id, email, password, created_at) VALUES (?, ?, '-', ?)",
        [owner, owner + "@example.com", now])
      return try tokens.map { pair in
        let serial = UUID().uuidString
        let device = try db.inserted(
          """
          INSERT INTO device (model, serial, claim_code, public_key, generation)
          VALUES ('CoffeeMaker-9000', ?, ?, ?, 1) RETURNING id
          """, [serial, Fingerprint(of: "code " + serial).bytes, Fingerprint(of: "key " + serial).bytes])
        let ownership = try db.inserted(
          "INSERT INTO ownership (device, owner, claimed_at) VALUES (?, ?, ?) RETURNING id", [device, owner, now])
        let id = try db.inserted(
          """
          INSERT INTO registration
          (device, ownership, generation, client_id, amazon_user, state, linked_at, expires_at)
          VALUES (?, ?, 1, ?, 'amzn1.account.SEEDED', 'live', ?, ?) RETURNING id
          """, [device, ownership, client, now, pair.expiresAt.seconds])
        func seal(_ value: String, _ column: String) throws -> String {
          try vault.seal(
            value, for: TokenVault.Place(table: "registration", row: String(id), column: column, generation: 1))
        }
        try db.execute(
          "UPDATE registration SET access_token = ?, refresh_token = ? WHERE id = ?",
          [try seal(pair.access, "access_token"), try seal(pair.refresh, "refresh_token"), id])
        return id
      }
    }
  }

  /// How many registrations stand where.
  func states() async throws -> [String: Int] {
    try await storage.database.read { db in
      let rows = try db.rows("SELECT state, COUNT(*) AS count FROM registration GROUP BY state")
      return Dictionary(uniqueKeysWithValues: rows.map { ($0["state"] as String, $0["count"] as Int) })
    }
  }

  var refreshes: Int {
    get async throws { try await calls("token.refresh_token") }
  }
}
