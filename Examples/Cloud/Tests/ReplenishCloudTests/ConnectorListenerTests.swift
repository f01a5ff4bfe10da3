import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import Testing

@testable import AmazonEmulator
@testable import ReplenishCloud
@testable import replenish_connector

/// The Runtime API of AWS Lambda, as far as a function sees it.
actor RuntimeDouble {
  private var waiting: [String]
  private(set) var answers: [(path: String, body: String, type: String?)] = []

  init(_ events: [String]) { waiting = events }

  fileprivate func next() throws -> Response {
    guard !waiting.isEmpty else { return Response(status: .serviceUnavailable) }
    var response = Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: waiting.removeFirst())))
    let deadline = Int(Date.now.timeIntervalSince1970 * 1000) + 30_000
    response.headers[try Self.header("Aws-Request-Id")] = "call-\(answers.count)"
    response.headers[try Self.header("Deadline-Ms")] = "\(deadline)"
    return response
  }

  private static func header(_ name: String) throws -> HTTPField.Name {
    try #require(HTTPField.Name("Lambda-Runtime-" + name))
  }

  fileprivate func take(_ request: Request) async throws -> Response {
    let body = String(buffer: try await request.body.collect(upTo: 1 << 20))
    answers.append((request.uri.path, body, request.headers[try Self.header("Function-Error-Type")]))
    return Response(status: .accepted)
  }

  func run(_ test: @Sendable (RuntimeAPI) async throws -> Void) async throws {
    let router = Router()
    router.get("2018-06-01/runtime/invocation/next") { _, _ in try await self.next() }
    router.post("2018-06-01/runtime/**") { request, _ in try await self.take(request) }
    try await listening(router) { port in
      let api = try #require(RuntimeAPI(address: "127.0.0.1:\(port)"))
      try await test(api)
    }
  }
}

/// Runs a router on a free port while a test runs.
func listening(_ router: Router<BasicRequestContext>, _ test: @Sendable (Int) async throws -> Void) async throws {
  var quiet = Logger(label: "double")
  quiet.logLevel = .critical
  let (ports, ready) = AsyncStream<Int>.makeStream()
  let application = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in ready.yield(channel.localAddress?.port ?? 0) }, logger: quiet)
  try await whileRunning(application) {
    let port = try #require(await ports.first { _ in true })
    try await test(port)
  }
}

/// Runs an application while a test runs.
func whileRunning(_ application: some ApplicationProtocol, _ test: () async throws -> Void) async throws {
  var quiet = Logger(label: "application")
  quiet.logLevel = .critical
  var configuration = ServiceGroupConfiguration(services: [.init(service: application)], logger: quiet)
  // First no further connection is taken, then those end that a test left hanging.
  configuration.maximumGracefulShutdownDuration = .milliseconds(500)
  let services = ServiceGroup(configuration: configuration)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await services.run() }
    let result = await Result { try await test() }
    await services.triggerGracefulShutdown()
    try? await group.waitForAll()
    try result.get()
  }
}

@Suite("Connector: its listener, and the Lambda function in front of it", .timeLimit(.minutes(10)))
struct ConnectorListenerTests {
  /// A cloud with the connector's own listener over TLS.
  private func run(
    _ test: @escaping @Sendable (ConnectorBench, String, _ address: String) async throws -> Void
  ) async throws {
    try await CloudFixture().run { cloud in
      let bench = try await ConnectorBench(cloud)
      let token = await bench.grant(of: try await bench.owner().owner)
      let router = ConnectorRoute(desk: bench.desk, logger: bench.logger).router()
      let identity = try cloud.fixture.maker.identity("localhost", isServer: true)
      let (ports, ready) = AsyncStream<Int>.makeStream()
      let application = try cloud.cloud.application(
        router: router, host: "127.0.0.1", port: 0,
        tls: ListenerCertificate(chain: identity.certificate, privateKey: identity.key).tls(),
        whenListening: { ready.yield($0) })
      try await whileRunning(application) {
        let port = try #require(await ports.first { _ in true })
        try await test(bench, token, "https://localhost:\(port)/connector")
      }
    }
  }

  private func post(
    _ bench: ConnectorBench, _ address: String, _ body: String, type: String = "application/json",
    authorization: String? = nil
  ) async throws -> (status: UInt, body: JSONValue?) {
    let http = HTTPClient(
      configuration: try bench.cloud.fixture.clientConfiguration(trusting: bench.cloud.fixture.maker.authority))
    var request = HTTPClientRequest(url: address)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: type)
    if let authorization { request.headers.add(name: "Authorization", value: authorization) }
    request.body = .bytes(ByteBuffer(string: body))
    let prepared = request
    let result = await Result {
      let response = try await http.execute(prepared, timeout: .seconds(20))
      let body = try await response.body.collect(upTo: 1 << 20)
      return (response.status.code, try? JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView)))
    }
    try await http.shutdown()
    return try result.get()
  }

  private func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

  @Test(
    "an answer is 200 with its code inside; what cannot be answered is another status; oversized bodies are refused")
  func listener() async throws {
    try await run { bench, token, address async throws in
      let good = text(bench.envelope("AWS.ActivateUser", token))
      let answer = try await post(bench, address, good, authorization: "Bearer " + token)
      #expect(answer.status == 200 && answer.body?["payload"]?["userId"]?.text == "user1")
      #expect(answer.body?["header"]?["responseCode"]?.number == 200)
      #expect(
        try await post(bench, address, good, authorization: "Bearer b3RoZXI=").body?["header"]?["responseCode"]?.number
          == 401)
      #expect(try await post(bench, address, good, authorization: "Basic x").status == 401)
      #expect(try await post(bench, address, good, type: "text/plain").status == 415)
      #expect(try await post(bench, address, "{}").body?["header"]?["responseCode"]?.number == 400)
      let long = String(repeating: " ", count: ConnectorEnvelope.limit + 1)
      #expect(try await post(bench, address, long).status == 413)
      #expect(try await post(bench, address.replacing("/connector", with: "/"), good).status == 404)
      // A database that does not answer is no refusal.
      try await bench.cloud.storage.database.write { db in try db.execute("DROP TABLE connector_event") }
      let search = text(bench.envelope("AWS.DiscoverDevices", token, ["deviceDiscoveryId": .string("search1")]))
      #expect(try await post(bench, address, search).status == 503)
    }
  }

  @Test("the function passes an envelope on with its token as bearer, and hands the cloud's answer back as it is")
  func function() async throws {
    try await run { bench, token, address async throws in
      let events = [
        text(bench.envelope("AWS.ActivateUser", token)), text(bench.envelope("AWS.ActivateUser", "b3RoZXI=")),
        text(bench.envelope("AWS.ActivateUser", nil, type: "GeneralAuthorization")), "[]",
      ]
      let double = RuntimeDouble(events)
      let forwarder = try Forwarder(
        address: address, authorities: bench.cloud.fixture.maker.authority, longest: 30)
      try await double.run { api in
        for _ in events { await FunctionLoop(api: api, forwarder: forwarder, logger: bench.logger).turn() }
      }
      try await forwarder.shutdown()
      let answers = await double.answers
      #expect(answers.map(\.path) == (0..<4).map { "/2018-06-01/runtime/invocation/call-\($0)/response" })
      let codes = try answers.map { answer in
        try JSONDecoder().decode(JSONValue.self, from: Data(answer.body.utf8))["header"]?["responseCode"]?.number
      }
      #expect(codes == [200, 401, 501, 400])
      #expect(answers[0].body.contains(#""userId":"user1""#))
      #expect(!bench.cloud.fixture.log.text.contains(token))
    }
  }

  @Test("a cloud that is slow, broken, not there or not trusted is an error of the function, without a secret in it")
  func failures() async throws {
    try await run { bench, token, address async throws in
      let router = Router()
      router.post("slow") { _, _ in
        try await Task.sleep(for: .seconds(30))
        return Response(status: .ok)
      }
      router.post("broken") { _, _ in Response(status: .serviceUnavailable) }
      router.post("odd") { _, _ in
        Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: "<html>")))
      }
      try await listening(router) { port in
        let long = String(repeating: " ", count: 70_000)
        let event = text(bench.envelope("AWS.ActivateUser", token))
        let plain = "http://127.0.0.1:\(port)/"
        let cases: [(address: String, event: String, type: String)] = [
          (plain + "slow", event, "Connector.Timeout"), (plain + "broken", event, "Connector.Status"),
          (plain + "odd", event, "Connector.Status"), (plain + "gone", event, "Connector.Status"),
          ("https://127.0.0.1:1/connector", event, "Connector.Unreachable"),
          (address, event, "Connector.Unreachable"), (plain + "slow", event + long, "Connector.TooLong"),
        ]
        for (address, event, type) in cases {
          let double = RuntimeDouble([event])
          // Without the maker's authority the cloud's certificate is nobody's.
          let forwarder = try Forwarder(
            address: address, authorities: nil, longest: type == "Connector.Timeout" ? 0.5 : 30)
          try await double.run { api in
            await FunctionLoop(api: api, forwarder: forwarder, logger: bench.logger).turn()
          }
          try await forwarder.shutdown()
          let answer = try #require(await double.answers.first)
          #expect(answer.path == "/2018-06-01/runtime/invocation/call-0/error" && answer.type == type, "\(answer)")
          #expect(answer.body.contains(#""errorType":"\#(type)""#) && !answer.body.contains(token))
        }
      }
      #expect(!bench.cloud.fixture.log.text.contains(token))
    }
  }

  @Test("the recipe of the image copies every folder that the package has targets in, and no file that may be missing")
  func recipe() throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    func text(_ path: String) throws -> String {
      try String(contentsOf: package.appending(path: path), encoding: .utf8)
    }
    let named = try text("Package.swift").matches(of: /path: "([A-Za-z]+)\//).map { String($0.output.1) }
    #expect(named.contains("Bench"))
    let recipe = try text("Packaging/replenish-connector.Containerfile")
    let copied = recipe.matches(of: /\nCOPY (\S+) \.\//).map { String($0.output.1) }
    #expect(Set(copied) == Set(named + ["Sources", "Tests", "Package.*"]))
    #expect(recipe.contains("--product replenish-connector ") && recipe.contains("WHAT WAS NOT RUN: this image"))
  }

  @Test(
    "an address without TLS, or none, is refused before any call",
    arguments: [nil, "", "http://cloud.example/connector", "https://", "https://user@cloud.example/connector"])
  func environment(address: String?) throws {
    let environment = address.map { ["REPLENISH_CONNECTOR_URL": $0] } ?? [:]
    #expect(throws: Forwarder.Failure.self) { try Forwarder(environment: environment) }
    #expect(RuntimeAPI(address: "127.0.0.1:9001") != nil)
    for wrong in ["", "http://127.0.0.1:9001", "127.0.0.1:9001/x", "a@b:1"] {
      #expect(RuntimeAPI(address: wrong) == nil, "\(wrong)")
    }
  }
}
