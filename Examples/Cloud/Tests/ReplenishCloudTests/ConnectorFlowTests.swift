import Foundation
import NIOHTTP1
import OAuthServer
import Testing

@testable import AmazonEmulator
@testable import ReplenishCloud

/// The four roles together: this cloud's authorization server, resource server and connector, the stand-in, an owner.
@Suite("Account linking, with the stand-in", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct ConnectorFlowTests {
  private static let complete = "https://app.example/linked"

  /// A cloud whose connector listens, and a customer's destination that leads to it.
  private struct Stage: Sendable {
    let cloud: CloudFixture.Running
    let managed: ManagedIntegrations
    let destination: String
    let owner: Browser

    func perform(
      _ operation: ManagedOperation, _ id: String? = nil, _ members: [String: JSONValue?] = [:]
    ) async throws -> JSONValue {
      try await managed.perform(operation, id, query: [:], body: .members(members)) ?? .null
    }

    func state(_ id: String) async -> String? { await managed.associations[id]?.state.rawValue }

    /// The owner's browser, from the customer's app to where it ends.
    func walk(_ address: String, decision: String = "allow") async throws -> String {
      let address = address.replacing("127.0.0.1", with: "localhost")
      let page = try await owner.get(address)
      try #require(page.status == 200, "\(page.status) \(page.text)")
      let answer = try await owner.send(.POST, address, form: ["csrf": page.formToken(), "decision": decision])
      let back = try #require(answer.location)
      return try #require(try await owner.get(back).location)
    }

    func link() async throws -> String {
      let made = try await perform(.createAccountAssociation, nil, ["ConnectorDestinationId": .string(destination)])
      let id = try #require(made["AccountAssociationId"]?.text)
      let end = try await walk(made["OAuthAuthorizationUrl"]?.text ?? "")
      #expect(end == ConnectorFlowTests.complete)
      let (state, invocations) = (await state(id), await managed.invocations)
      try #require(state == "ASSOCIATION_SUCCEEDED", "\(invocations)")
      return id
    }

    func search(_ association: String) async throws -> DeviceDiscovery {
      let begun = try await perform(
        .startDeviceDiscovery, nil, ["DiscoveryType": "CLOUD".json, "AccountAssociationId": association.json])
      let id = try #require(begun["Id"]?.text)
      try await cloud.eventually("the search is over") { await managed.discoveries[id]?.status != .running }
      return try #require(await managed.discoveries[id])
    }
  }

  private func run(_ test: @escaping @Sendable (Stage) async throws -> Void) async throws {
    let fixture = try CloudFixture(signer: FormOfSignature()) {
      $0.offersDownlink = true
      $0.connector = ConnectorConfiguration(clientID: "managed-integrations", region: "us-east-1")
    }
    try await fixture.run { cloud in
      let managed = cloud.fixture.emulator.managed
      let (ports, ready) = AsyncStream<Int>.makeStream()
      let connector = try #require(
        try cloud.cloud.connectorApplication(port: 0, certificate: nil) { ready.yield($0) })
      try await whileRunning(connector) {
        let port = try #require(await ports.first { _ in true })
        let result = await Result { try await prepare(cloud, managed, port, test) }
        // Nobody calls while the connector goes.
        await managed.endBackground()
        try result.get()
      }
    }
  }

  private func prepare(
    _ cloud: CloudFixture.Running, _ managed: ManagedIntegrations, _ port: Int,
    _ test: @Sendable (Stage) async throws -> Void
  ) async throws {
    let client = OAuthClient.confidential(
      id: "managed-integrations", secret: "s3cret", name: "Smart home",
      redirectURIs: [cloud.amazon + Unverified.callbackPath], scopes: ConnectorBench.both)
    try #require(try await cloud.storage.enter(client, at: cloud.clock.now))
    var settings = await managed.settings
    settings.connectorURL = "http://127.0.0.1:\(port)/connector"
    settings.invocationSeconds = 60
    settings.allowsPlainHTTP = true
    await managed.change(settings)
    let secret = SecretReference(
      arn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:destination",
      versionId: String(repeating: "0", count: 32))
    await managed.setSecret(#"{"clientId":"managed-integrations","clientSecret":"s3cret"}"#, of: secret)
    let pages = cloud.pages.replacing("localhost", with: "127.0.0.1")
    let made = try await managed.perform(
      .createCloudConnector, nil, query: [:],
      body: .members(["Name": "Maker".json, "EndpointConfig": .members(["lambda": .members(["arn": "f".json])])]))
    let oauth = JSONValue.members([
      "authUrl": (pages + "/authorize").json, "tokenUrl": (pages + "/token").json,
      "tokenEndpointAuthenticationScheme": "HTTP_BASIC".json, "scope": "devices:read devices:identify".json,
      "oAuthCompleteRedirectUrl": Self.complete.json,
    ])
    let destination = try await managed.perform(
      .createConnectorDestination, nil, query: [:],
      body: .members([
        "CloudConnectorId": made?["Id"], "AuthConfig": .members(["oAuth": oauth]), "SecretsManager": secret.json,
      ]))
    let owner = try await cloud.owner()
    try await test(
      Stage(
        cloud: cloud, managed: managed, destination: try #require(destination?["Id"]?.text), owner: owner))
  }

  @Test("link, find devices, identify, refresh, unlink: through consent, token endpoint, connector and outbox")
  func wholeWay() async throws {
    try await run { stage async throws in
      let (device, _) = try await stage.cloud.linkedDevice(stage.owner)
      try await stage.cloud.with(device) {
        let id = try await stage.link()
        let user = try #require(await stage.managed.associations[id]?.userID)
        #expect(TextRule.userID.problem(user) == nil && !user.contains("owner"))
        let found = try #require(try await stage.search(id).devices.first)
        #expect(found.name == "CoffeeMaker-9000" && !found.id.contains(device.serial))

        try await stage.managed.identify(found.id, of: id, seconds: 7)
        let asked = try await device.send(.GET, "/v1/commands?wait=60")
        #expect(asked.members["action"] as? String == "identify" && asked.members["seconds"] as? Int == 7)
        let command = try #require(asked.members["id"] as? String)
        #expect(try await device.send(.PUT, "/v1/commands/\(command)", #"{"state":"done"}"#).status == 200)
        stage.cloud.clock.advance(1)
        try await stage.cloud.cloud.connectorWork?.sweep()
        // What was being sent already is not sent by this round.
        try await stage.cloud.eventually("the customer is told") {
          let told = await stage.managed.notifications.map(\.messageType)
          return told.contains("DEVICE_COMMAND") && told.contains("DEVICE_EVENT")
        }

        // An hour later the token is refreshed, and everything goes on.
        let before = await stage.managed.associations[id]?.tokens?.access
        stage.cloud.clock.advance(3600)
        #expect(try await stage.search(id).status == .succeeded)
        #expect(await stage.managed.associations[id]?.tokens?.access != before)
        // Whoever links again is the same user.
        let again = try await stage.perform(.startAccountAssociationRefresh, id)
        #expect(try await stage.walk(again["OAuthAuthorizationUrl"]?.text ?? "") == Self.complete)
        #expect(await stage.managed.associations[id]?.userID == user)

        let access = try #require(await stage.managed.associations[id]?.tokens?.access)
        try await stage.managed.unlink(id)
        try await stage.cloud.eventually("unlinked") { await stage.state(id) == nil }
        #expect(try await stage.cloud.cloud.grants.grant(accessToken: access) == nil)
        for secret in [access, "s3cret"] { #expect(!stage.cloud.fixture.log.text.contains(secret)) }
      }
    }
  }

  @Test("the owner says no, and the app hears it")
  func denied() async throws {
    try await run { stage async throws in
      let made = try await stage.perform(
        .createAccountAssociation, nil, ["ConnectorDestinationId": .string(stage.destination)])
      let end = try await stage.walk(made["OAuthAuthorizationUrl"]?.text ?? "", decision: "deny")
      #expect(end.hasPrefix(Self.complete + "?error=access_denied&error_description="))
      let id = try #require(made["AccountAssociationId"]?.text)
      #expect(await stage.state(id) == "ASSOCIATION_FAILED")
    }
  }

  @Test("the owner ends it at the maker: nothing more is told, and only linking again helps")
  func revoked() async throws {
    try await run { stage async throws in
      let id = try await stage.link()
      let owner = try #require(try await stage.cloud.storage.owner(email: "owner@example.com")).id
      let app = try #require(try await stage.cloud.storage.connectedApps(of: owner).first)
      #expect(try await stage.cloud.storage.endApp(app.client, of: owner))
      #expect(try await stage.search(id).status == .failed)
      #expect(await stage.managed.notifications.contains { $0.payload["statusCode"]?.number == 401 })
      stage.cloud.clock.advance(3600)
      #expect(try await stage.search(id).status == .failed)
      #expect(await stage.state(id) == "REFRESH_TOKEN_EXPIRED")
      let again = try await stage.perform(.startAccountAssociationRefresh, id)
      #expect(try await stage.walk(again["OAuthAuthorizationUrl"]?.text ?? "") == Self.complete)
      #expect(try await stage.search(id).status == .succeeded)
    }
  }
}
