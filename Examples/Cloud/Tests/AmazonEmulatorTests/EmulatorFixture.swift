import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import OAuthServer
import Synchronization
import Testing
import TextEncodings

@testable import AmazonEmulator

/// An emulator with one customer, a public and a confidential client, and a clock that stands until it is moved.
final class EmulatorFixture: Sendable {
  static let clientID = "amzn1.application-oa2-client.0123456789abcdef0123456789abcdef"
  static let redirect = "https://example.com/drs/return"
  static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
  static let start = Date(timeIntervalSince1970: 1_800_000_000)

  let emulator: AmazonEmulator

  init(_ change: (inout EmulatorConfiguration) -> Void = { _ in }) throws {
    var configuration = EmulatorConfiguration(
      customers: [
        .init(email: "customer@example.com", password: "correct horse"),
        .init(email: "neighbour@example.com", password: "other"),
      ],
      clients: [
        .public(
          id: Self.clientID, name: "Coffee", redirectURIs: [Self.redirect, "http://127.0.0.1/return"],
          scopes: EmulatorConfiguration.scopes),
        .confidential(
          id: "web", secret: "s3cret", name: "Web", redirectURIs: [Self.redirect],
          scopes: EmulatorConfiguration.scopes),
      ])
    configuration.slots = [
      .init(id: "coffee", asin: "B00COFFEE1"), .init(id: "water-filter", asin: "B00FILTER1"),
      .init(id: "descaler", asin: nil),
    ]
    change(&configuration)
    let box = StandingClock(Self.start)
    clock = box
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    emulator = try AmazonEmulator(configuration, clock: EmulatorClock { box.now }, logger: logger)
  }

  private let clock: StandingClock

  func wait(_ seconds: Double) { clock.advance(seconds) }

  /// Runs a test against the routes, without a network.
  func run(_ test: @Sendable (Amazon) async throws -> Void) async throws {
    let application = Application(router: emulator.router(isSecure: true))
    try await application.test(.router) { client in
      let amazon = Amazon { method, path, headers, body in
        let response = try await client.executeRequest(uri: path, method: method, headers: headers, body: body)
        return Answer(status: response.status, headers: response.headers, body: response.body)
      }
      try await test(amazon)
    }
  }
}

/// A clock that stands until it is moved.
final class StandingClock: Sendable {
  private let date: Mutex<Date>

  init(_ start: Date) { date = Mutex(start) }

  var now: Date { date.withLock { $0 } }

  func advance(_ seconds: Double) { date.withLock { $0 += seconds } }
}

/// What came back.
struct Answer: Sendable {
  var status: HTTPResponse.Status
  var headers: HTTPFields
  var body: ByteBuffer
}

/// Calls the emulator as a browser, a device or a test would.
struct Amazon: Sendable {
  let transport: @Sendable (HTTPRequest.Method, String, HTTPFields, ByteBuffer?) async throws -> Answer

  func send(
    _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: String? = nil
  ) async throws -> Answer {
    try await transport(method, path, headers, body.map(ByteBuffer.init(string:)))
  }

  func form(_ path: String, _ fields: [String: String], headers: HTTPFields = [:]) async throws -> Answer {
    var headers = headers
    headers[.contentType] = "application/x-www-form-urlencoded"
    return try await send(.post, path, headers: headers, body: Self.encode(fields))
  }

  func control(_ path: String, _ json: String = "{}") async throws -> Answer {
    try await send(.post, "/emulator/" + path, headers: [.contentType: "application/json"], body: json)
  }

  func state() async throws -> EmulatorState {
    try await send(.get, "/emulator/state").decoded(EmulatorState.self)
  }

  static func encode(_ fields: [String: String]) -> String {
    formEncoded(fields.map { ($0, $1) })
  }

  /// The address of a good authorization request.
  static func authorizePath(
    model: String = "CoffeeMaker-9000", serial: String = "SN1", test: String = "true",
    _ change: (inout [String: String]) -> Void = { _ in }
  ) -> String {
    var query = [
      "client_id": EmulatorFixture.clientID, "scope": "dash:replenish", "response_type": "code",
      "redirect_uri": EmulatorFixture.redirect, "state": "st", "code_challenge": EmulatorFixture.challenge,
      "code_challenge_method": "S256",
      "scope_data":
        #"{"dash:replenish":{"device_model":"\#(model)","serial":"\#(serial)","is_test_device":\#(test)}}"#,
    ]
    change(&query)
    return "/ap/oa?" + encode(query)
  }

  /// Signs in and allows the request at this address; returns what the redirect carries.
  func consent(
    _ path: String, user: String = "customer@example.com", password: String = "correct horse",
    decision: String = "allow"
  ) async throws -> [String: String] {
    let first = try await send(.get, path)
    let signIn = try await form(
      path, ["csrf": first.csrf, "user": user, "password": password], headers: [.cookie: first.cookie])
    try #require(signIn.status == .seeOther)
    let second = try await send(.get, path, headers: [.cookie: signIn.cookie])
    let answer = try await form(
      path, ["csrf": second.csrf, "decision": decision], headers: [.cookie: signIn.cookie])
    try #require(answer.status == .seeOther)
    let items = URLComponents(string: answer.headers[.location] ?? "")?.queryItems ?? []
    return Dictionary(uniqueKeysWithValues: items.map { ($0.name, $0.value ?? "") })
  }

  func redeem(_ code: String) async throws -> Answer {
    try await form(
      "/auth/o2/token",
      [
        "grant_type": "authorization_code", "code": code, "client_id": EmulatorFixture.clientID,
        "redirect_uri": EmulatorFixture.redirect, "code_verifier": EmulatorFixture.verifier,
      ])
  }

  func refresh(_ token: String) async throws -> Answer {
    try await form(
      "/auth/o2/token",
      ["grant_type": "refresh_token", "refresh_token": token, "client_id": EmulatorFixture.clientID])
  }

  /// Links a device and returns its tokens.
  func link(
    serial: String = "SN1", test: String = "true", user: String = "customer@example.com",
    password: String = "correct horse"
  ) async throws -> Tokens {
    let answer = try await consent(
      Self.authorizePath(serial: serial, test: test), user: user, password: password)
    return try await redeem(try #require(answer["code"])).decoded(Tokens.self)
  }

  /// Calls a DRS operation with its documented headers.
  func dash(
    _ operation: DashOperation, _ path: String, _ token: String, body: String? = nil, resultType: Int = 0
  ) async throws -> Answer {
    var headers: HTTPFields = [.authorization: "Bearer \(token)"]
    headers[.amznTypeVersion] = operation.inputTypes[0]
    headers[.amznAcceptType] = operation.resultTypes[resultType]
    if body != nil { headers[.contentType] = "application/json" }
    let method: HTTPRequest.Method =
      switch operation {
      case .replenish, .slotStatus, .deviceStatus: .post
      case .subscriptionInfo, .getOrderInfo: .get
      case .deregister, .deregisterV1, .cancelTestOrder, .cancelTestOrders: .delete
      }
    return try await send(method, path, headers: headers, body: body)
  }

  func replenish(_ slot: String, _ token: String) async throws -> Replenished {
    try await dash(.replenish, "/replenish/\(slot)", token).decoded(Replenished.self)
  }
}

struct Tokens: Decodable {
  var access_token: String
  var refresh_token: String
  var token_type: String
  var expires_in: Int
}

struct Replenished: Decodable, Equatable {
  var detailCode: String
  var eventInstanceId: String
}

extension Answer {
  var text: String { String(buffer: body) }

  func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try decoder.decode(type, from: Data(body.readableBytesView))
  }

  /// A JSON object of strings, such as an error.
  var members: [String: String] { (try? decoded([String: String].self)) ?? [:] }

  var csrf: String {
    text.firstMatch(of: /name="csrf" value="([^"]+)"/).map { String($0.output.1) } ?? ""
  }

  /// The session cookie as the next request sends it.
  var cookie: String { String((headers[.setCookie] ?? "").prefix { $0 != ";" }) }

  var errorType: String? { headers[.amznErrorType] }
}
