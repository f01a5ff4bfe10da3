import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OAuthServer
import ServiceLifecycle
import Testing

@testable import AmazonEmulator

/// A third party's cloud, as small as can be: a token endpoint and a connector that say what a test told them to.
actor ThirdParty {
  /// How the token endpoint answers.
  var tokenAnswers: [(status: Int, body: String)] = []
  /// How the connector answers, the last one for good.
  var connectorAnswers: [(status: Int, body: String)] = []
  private(set) var forms: [FormParameters] = []
  private(set) var authorizations: [String?] = []
  private(set) var envelopes: [JSONValue] = []

  static let activated = #"{"header":{"responseCode":200},"payload":{"responseMessage":"ok","userId":"user-1"}}"#
  static let done = #"{"header":{"responseCode":200},"payload":{"responseMessage":"ok"}}"#

  /// Tokens as the service wants them: the Base64 of text.
  static func tokens(_ name: String, refresh: String? = "r1", seconds: Int = 3600) -> (status: Int, body: String) {
    let access = Data("access \(name)".utf8).base64EncodedString()
    let further = refresh.map { #","refresh_token":"\#($0)""# } ?? ""
    return (200, #"{"access_token":"\#(access)","token_type":"Bearer","expires_in":\#(seconds)\#(further)}"#)
  }

  static func access(_ name: String) -> String { Data("access \(name)".utf8).base64EncodedString() }

  func setTokenAnswers(_ answers: [(status: Int, body: String)]) { tokenAnswers = answers }

  func setConnectorAnswers(_ answers: [(status: Int, body: String)]) { connectorAnswers = answers }

  fileprivate func token(_ request: Request) async throws -> Response {
    let body = try await request.body.collect(upTo: 65536)
    forms.append(try #require(FormParameters(urlEncoded: String(buffer: body))))
    authorizations.append(request.headers[.authorization])
    let answer = tokenAnswers.count > 1 ? tokenAnswers.removeFirst() : tokenAnswers.first ?? (500, "{}")
    return Self.response(answer)
  }

  fileprivate func connector(_ request: Request) async throws -> Response {
    let body = try await request.body.collect(upTo: 65536)
    envelopes.append(try JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView)))
    let answer = connectorAnswers.count > 1 ? connectorAnswers.removeFirst() : connectorAnswers.first ?? (500, "{}")
    return Self.response(answer)
  }

  private static func response(_ answer: (status: Int, body: String)) -> Response {
    Response(
      status: .init(code: answer.status), headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
  }

  /// Listens while a test runs; hands it the port.
  func run(_ test: @Sendable (Int) async throws -> Void) async throws {
    let router = Router()
    router.post("token") { request, _ in try await self.token(request) }
    router.post("connector") { request, _ in try await self.connector(request) }
    var quiet = Logger(label: "third party")
    quiet.logLevel = .critical
    let (ports, ready) = AsyncStream<Int>.makeStream()
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in ready.yield(channel.localAddress?.port ?? 0) }, logger: quiet)
    var configuration = ServiceGroupConfiguration(services: [.init(service: application)], logger: quiet)
    // First no further connection is taken, then those end that a test left hanging.
    configuration.maximumGracefulShutdownDuration = .milliseconds(500)
    let services = ServiceGroup(configuration: configuration)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      let port = try #require(await ports.first { _ in true })
      let result: Result<Void, any Error>
      do { result = .success(try await test(port)) } catch { result = .failure(error) }
      await services.triggerGracefulShutdown()
      try? await group.waitForAll()
      try result.get()
    }
  }
}

/// A customer of managed integrations at the emulator, with a third party beside it.
struct Customer: Sendable {
  static let secretARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:destination-AbCdEf"
  static let secretVersion = "0123456789abcdef0123456789abcdef"
  static let complete = "https://app.example/done?from=mi#top"

  let amazon: Amazon
  let fixture: EmulatorFixture
  let third: ThirdParty
  let port: Int
  var connector = ""
  var destination = ""

  /// Runs a test with connector and destination made.
  static func run(
    scheme: String = "HTTP_BASIC", complete: String? = Customer.complete,
    _ test: @escaping @Sendable (Customer) async throws -> Void
  ) async throws {
    let fixture = try EmulatorFixture()
    fixture.emulator.publicAddress = "https://localhost:8443"
    let third = ThirdParty()
    await third.setTokenAnswers([ThirdParty.tokens("1")])
    await third.setConnectorAnswers([(200, ThirdParty.activated)])
    try await third.run { port in
      let result: Result<Void, any Error>
      do {
        try await fixture.run { amazon in
          var customer = Customer(amazon: amazon, fixture: fixture, third: third, port: port)
          try await customer.setUp(scheme, complete)
          try await test(customer)
        }
        result = .success(())
      } catch { result = .failure(error) }
      // Nobody calls while the third party goes.
      await fixture.emulator.managed.endBackground()
      try result.get()
    }
  }

  private mutating func setUp(_ scheme: String, _ complete: String?) async throws {
    _ = try await control("settings", #"{"connectorURL":"http://127.0.0.1:\#(port)/connector","invocationSeconds":60}"#)
    let secret = JSONValue.members([
      "arn": Self.secretARN.json, "versionId": Self.secretVersion.json,
      "secretString": #"{"clientId":"mi client","clientSecret":"s3cret:&"}"#.json,
    ])
    _ = try await control("secrets", String(decoding: secret.encoded, as: UTF8.self))
    let made = try await send(
      .post, "/cloud-connectors",
      .members(["Name": "Maker".json, "EndpointConfig": .members(["lambda": .members(["arn": "maker".json])])]))
    connector = try #require(made.value["Id"]?.text)
    destination = try #require(try await makeDestination(scheme: scheme, complete: complete).value["Id"]?.text)
  }

  func makeDestination(
    scheme: String = "HTTP_BASIC", complete: String? = Customer.complete,
    authorize: String = "https://auth.example/authorize?a=b"
  ) async throws -> Answer {
    let oauth = JSONValue.members([
      "authUrl": authorize.json, "tokenUrl": "http://127.0.0.1:\(port)/token".json,
      "scope": "devices:read devices:identify".json, "tokenEndpointAuthenticationScheme": scheme.json,
      "oAuthCompleteRedirectUrl": complete?.json,
    ])
    let secret = JSONValue.members(["arn": Self.secretARN.json, "versionId": Self.secretVersion.json])
    let material = JSONValue.members(["SecretsManager": secret, "AuthMaterialName": "own".json])
    return try await send(
      .post, "/connector-destinations",
      .members([
        "CloudConnectorId": connector.json, "SecretsManager": secret,
        "AuthConfig": .members(["oAuth": oauth, "GeneralAuthorization": .array([material])]),
      ]))
  }

  func control(_ path: String, _ json: String) async throws -> Answer {
    let answer = try await amazon.control("managed-integrations/" + path, json)
    try #require(answer.status.kind == .successful, "\(answer.text)")
    return answer
  }

  static let signature: HTTPFields = [
    .authorization:
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20270115/us-east-1/iotmanagedintegrations/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=\(String(repeating: "0", count: 64))",
    .amzDate: "20270115T080000Z",
  ]

  func send(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil) async throws -> Answer {
    try await amazon.send(
      method, path, headers: Self.signature, body: body.map { String(decoding: $0.encoded, as: UTF8.self) })
  }

  /// Begins an association; its id and the address for the browser.
  func associate() async throws -> (id: String, url: URLComponents) {
    let answer = try await send(.post, "/account-associations", .members(["ConnectorDestinationId": destination.json]))
    try #require(answer.status == .created, "\(answer.text)")
    let url = try #require(URLComponents(string: answer.value["OAuthAuthorizationUrl"]?.text ?? ""))
    return (try #require(answer.value["AccountAssociationId"]?.text), url)
  }

  /// A browser that comes back; where it goes then.
  func comeBack(_ url: URLComponents, _ further: [String: String] = ["code": "c0de"]) async throws -> Answer {
    var query = further
    query["state"] = url.queryItems?.first { $0.name == "state" }?.value
    return try await amazon.send(.get, Unverified.callbackPath + "?" + Amazon.encode(query))
  }

  /// A whole link.
  func link() async throws -> String {
    let (id, url) = try await associate()
    let answer = try await comeBack(url)
    try #require(answer.status == .seeOther, "\(answer.text)")
    try #require(try await state(id) == "ASSOCIATION_SUCCEEDED")
    return id
  }

  func state(_ id: String) async throws -> String? {
    try await send(.get, "/account-associations/\(id)").value["AssociationState"]?.text
  }

  /// What a connector sends by itself.
  func event(_ members: [String: JSONValue?]) async throws -> Answer {
    try await send(.post, "/connector-event/\(connector)", .members(members))
  }

  func seen() async throws -> ManagedControlRoutes.State {
    try await amazon.send(.get, "/emulator/managed-integrations").decoded(ManagedControlRoutes.State.self)
  }

  /// Waits for something that goes on behind an answer.
  func eventually(_ what: String, _ isTrue: () async throws -> Bool) async throws {
    for _ in 0..<500 {
      if try await isTrue() { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("never: \(what)")
  }
}

extension Answer {
  /// The body as JSON.
  var value: JSONValue { (try? JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView))) ?? .null }
}
