import Foundation
import Logging
import Testing

@testable import AmazonEmulator
@testable import ReplenishCloud

/// An authorization server that knows what a test tells it.
actor KnownGrants: AccessGrants {
  private var grants: [String: AccessGrant] = [:]
  private var expired: Set<String> = []
  private(set) var revoked: [AccessGrant.ID] = []
  private(set) var questions = 0

  func put(_ grant: AccessGrant, token: String) { grants[token] = grant }

  func expire(_ token: String) { expired.insert(token) }

  func end(_ grant: AccessGrant.ID) { revoked.append(grant) }

  func grant(accessToken: String) -> AccessGrant? {
    guard let grant = grants[accessToken], !expired.contains(accessToken), !revoked.contains(grant.id) else {
      return nil
    }
    return grant
  }

  func isStanding(_ grant: AccessGrant.ID) -> Bool {
    questions += 1
    return grants.values.contains { $0.id == grant } && !revoked.contains(grant)
  }

  func revoke(grantOf accessToken: String, to client: String) {
    if let grant = grants[accessToken], grant.clientID == client, !revoked.contains(grant.id) {
      revoked.append(grant.id)
    }
  }
}

/// A downlink whose devices do what a test tells them.
actor KnownCommands: CommandStorage {
  private(set) var noted: [DeviceCommand] = []
  private var states: [DeviceCommand.ID: CommandState] = [:]

  func note(_ command: DeviceCommand, at now: Date) -> Bool {
    if states[command.id] == nil {
      noted.append(command)
      states[command.id] = .open
    }
    return true
  }

  func commandState(_ id: DeviceCommand.ID, at now: Date) -> CommandState { states[id] ?? .over }

  func end(_ id: DeviceCommand.ID, _ state: CommandState) { states[id] = state }
}

/// A signature that has the form of one.
struct FormOfSignature: RequestSigner {
  struct NoCredentials: Error, CustomStringConvertible { let description = "no credentials" }

  var hasCredentials = true

  func headers(
    method: String, target: String, headers: [(name: String, value: String)], body: Data, at date: Date
  ) throws -> [(name: String, value: String)] {
    guard hasCredentials else { throw NoCredentials() }
    let day = date.formatted(.iso8601.year().month().day().dateSeparator(.omitted))
    let names = (headers.map { $0.name.lowercased() } + ["x-amz-date"]).sorted().joined(separator: ";")
    let scope = "\(day)/us-east-1/iotmanagedintegrations/aws4_request"
    return [
      ("X-Amz-Date", day + "T000000Z"),
      (
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\(scope), SignedHeaders=\(names), Signature="
          + String(repeating: "0", count: 64)
      ),
    ]
  }
}

/// The connector with its neighbours played, and the stand-in with an association that is linked already.
struct ConnectorBench: Sendable {
  static let client = "managed-integrations"
  static let both: Set = ["devices:read", "devices:identify"]

  let cloud: CloudFixture.Running
  let grants = KnownGrants()
  let commands = KnownCommands()
  var configuration: ConnectorConfiguration
  let connector: String
  let association: String

  init(_ cloud: CloudFixture.Running) async throws {
    self.cloud = cloud
    configuration = ConnectorConfiguration(clientID: Self.client, region: "us-east-1")
    configuration.service = cloud.amazon
    (connector, association) = await cloud.fixture.emulator.managed.plant(user: "user1")
  }

  var logger: Logger {
    let log = cloud.fixture.log
    return Logger(label: "connector") { _ in KeepingLogHandler(lines: log) }
  }

  var desk: ConnectorDesk {
    let clock = cloud.clock
    return ConnectorDesk(
      configuration: configuration, storage: cloud.storage, grants: grants, commands: commands, logger: logger,
      now: { clock.now }, hurry: {})
  }

  var work: ConnectorWork { work(FormOfSignature()) }

  func work(_ signer: FormOfSignature) -> ConnectorWork {
    let clock = cloud.clock
    return ConnectorWork(
      configuration: configuration, storage: cloud.storage, grants: grants, commands: commands, signer: signer,
      amazon: cloud.cloud.amazon, logger: logger, now: { clock.now })
  }

  /// An owner with a device, straight into the database.
  func owner(_ email: String = "owner@example.com", serial: String = "SN1") async throws -> Ownership {
    let (storage, now) = (cloud.storage, cloud.clock.now)
    var owner = try await storage.owner(email: email)
    if owner == nil {
      owner = try await storage.openAccount(email: email, password: "-", recoveryCodes: [], at: now)
    }
    let device = NewDevice(
      model: "Coffee+Maker", serial: serial, claimCode: Fingerprint(of: "code \(serial)"),
      publicKey: Fingerprint(of: "key \(serial)"))
    try #require(try await storage.enter([device]))
    let known = try #require(try await storage.device(publicKey: device.publicKey))
    try await storage.notePresence(of: known.id, at: now)
    let id = try #require(owner).id
    return try #require(
      try await storage.claim(owner: id, serial: serial, code: device.claimCode, presentSince: now - 600, at: now))
  }

  /// A device's name towards apps.
  func device(_ ownership: Ownership) async throws -> String {
    let shared = try await cloud.storage.sharedDevices(of: ownership.owner)
    return try #require(shared.first { $0.ownership.id == ownership.id }).id
  }

  /// A grant of an owner's, and its token.
  func grant(
    of owner: Owner.ID, _ id: String = "grant1", user: String = "user1", client: String = ConnectorBench.client,
    scope: Set<String> = ConnectorBench.both
  ) async -> String {
    let token = Data("token \(id)".utf8).base64EncodedString()
    await grants.put(AccessGrant(id: id, owner: owner, clientID: client, scope: scope, userID: user), token: token)
    return token
  }

  /// An envelope as the service writes it.
  func envelope(
    _ operation: String, _ token: String?, type: String = "OAuth2.0", version: String = "1.0",
    connector: String? = nil, _ further: [String: JSONValue] = [:]
  ) -> Data {
    var payload = further
    payload["operationName"] = .string(operation)
    payload["operationVersion"] = .string(version)
    payload["connectorId"] = .string(connector ?? self.connector)
    let auth = JSONValue.members(["type": .string(type), "token": token.map { .string($0) }])
    return JSONValue.members(["header": .members(["auth": auth]), "payload": .object(payload)]).encoded
  }

  func ask(_ operation: String, _ token: String?, _ further: [String: JSONValue] = [:]) async throws -> ConnectorAnswer
  {
    try await desk.answer(envelope(operation, token, further), bearer: nil)
  }

  /// The members of an Identify command.
  static func identify(
    _ device: String, trace: String = "trace1", cluster: String = "0x0003", command: String = "0x00",
    fields: [String: JSONValue] = ["0x0000": .number(10)]
  ) -> [String: JSONValue] {
    let asked = JSONValue.members(["id": .string(cluster), "commands": .object([command: .object(fields)])])
    let endpoint = JSONValue.members(["id": .string("1"), "clusters": .array([asked])])
    return ["connectorDeviceId": .string(device), "traceId": .string(trace), "endpoints": .array([endpoint])]
  }

  /// Events in the database: kind, reference, state.
  func events() async throws -> [String] {
    try await cloud.storage.database.read { db in
      try db.rows("SELECT kind, reference, state FROM connector_event ORDER BY noted_at, kind, reference").map {
        "\($0["kind"] as String) \($0["reference"] as String) \($0["state"] as String)"
      }
    }
  }

  /// How many events reached the stand-in.
  func sent() async -> Int { await cloud.fixture.emulator.log.counts["SendConnectorEvent"] ?? 0 }

  func discovery(_ id: String) async -> DeviceDiscovery? { await cloud.fixture.emulator.managed.discoveries[id] }

  func notifications(_ type: String) async -> [ManagedNotification] {
    await cloud.fixture.emulator.managed.notifications.filter { $0.messageType == type }
  }
}

extension ManagedIntegrations {
  /// An association that is linked, a search that runs and a command that is on its way, without the way to them.
  func plant(user: String) -> (connector: String, association: String) {
    let connector = CloudConnector(id: Self.drawID(), name: "Maker", lambda: "maker")
    connectors[connector.id] = connector
    let destination = ConnectorDestination(id: Self.drawID(), connector: connector.id)
    destinations[destination.id] = destination
    var association = AccountAssociation(id: Self.drawID(), destination: destination.id)
    association.state = .succeeded
    association.userID = user
    associations[association.id] = association
    discoveries["search1"] = DeviceDiscovery(id: "search1", association: association.id, startedAt: clock.now)
    discoveries["search2"] = DeviceDiscovery(id: "search2", association: association.id, startedAt: clock.now)
    return (connector.id, association.id)
  }

  /// A managed thing for a device, and a command to it.
  func plant(device: String, trace: String, association: String) {
    let found = DeviceDiscovery.Device(id: device, report: .null, discoveredAt: clock.now, material: Self.drawID())
    var thing = ManagedThing(
      id: Self.drawID(), createdAt: clock.now, device: found, discoveredBy: association, destination: "d")
    thing.association = association
    things[thing.id] = thing
    commands[trace] = ManagedCommand(trace: trace, thing: thing.id, association: association)
  }
}
