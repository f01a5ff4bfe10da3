import Foundation
import HTTPTypes
import HummingbirdTesting
import OAuthServer
import Testing

@testable import AmazonEmulator
@testable import OAuthServer

/// The emulator against the shared vectors: what devices send is understood, what it answers is what is documented.
@Suite("Vectors", .enabled(if: Vectors.folder != nil, "Tests/Vectors is not here"))
struct VectorTests {
  /// An emulator in which what a vector presumes has happened: slot, registration, token.
  private static func prepared(for vector: Vector) async throws -> EmulatorFixture {
    let inputs = try #require(vector["inputs"])
    let slot = inputs["slotId"]?.text ?? "coffee"
    let fixture = try EmulatorFixture { $0.slots = [.init(id: slot, asin: "B00COFFEE1")] }
    let dash = fixture.emulator.dash
    let data = try ScopeData(
      text: """
        {"dash:replenish":{"device_model":"\(inputs["model"]?.text ?? "CoffeeMaker-9000")",
        "serial":"\(inputs["serial"]?.text ?? "SN0012345")","is_test_device":true}}
        """)
    let id = await dash.register(data, customer: "customer@example.com")
    let scope = try #require(Scope("dash:replenish"))
    let grant = try await fixture.emulator.server.makeGrant(
      clientID: EmulatorFixture.clientID, subject: "customer@example.com", scope: scope, resource: id)
    if let token = inputs["accessToken"]?.text {
      await fixture.emulator.storage.insert(
        AccessToken(grantID: grant.id, scope: scope, expiresAt: .distantFuture), SecretDigest(token))
    }
    if let eventInstanceId = inputs["eventInstanceId"]?.text {
      await dash.add(
        Order(
          eventInstanceId: eventInstanceId, registration: id, model: data.model, serial: data.serial,
          customer: "customer@example.com", slot: slot, asin: "B00COFFEE1", isTest: true, phase: .processing,
          placedAt: EmulatorFixture.start, replenishRequests: 1))
    }
    return fixture
  }

  @Test("there are vectors of every kind that is read here")
  func present() throws {
    let kinds = [("drs-", "request"), ("lwa-", "request"), ("lwa-", "authorize"), ("lwa-", "scopeData")]
    for (prefix, kind) in kinds { #expect(try !Vectors.load(prefix, kind: kind).isEmpty, "\(prefix) \(kind)") }
  }

  @Test("DRS requests are understood and do what they say", arguments: try Vectors.load("drs-", kind: "request"))
  func dashRequest(_ vector: Vector) async throws {
    let request = try #require(vector["request"])
    let method = try #require(HTTPRequest.Method(request["method"]?.text ?? ""))
    let path = try #require(request["path"]?.text)
    var headers = HTTPFields()
    for (name, value) in try #require(request["headers"]).object {
      headers[try #require(HTTPField.Name(name))] = value.text
    }
    headers[.contentType] = request["contentType"]?.text
    let body = request["body"].flatMap { $0 == .null ? nil : $0.encoded }
    let fixture = try await Self.prepared(for: vector)
    let inputs = try #require(vector["inputs"])
    let fields = headers
    try await fixture.run { amazon in
      let answer = try await amazon.send(method, path, headers: fields, body: body)
      #expect(answer.status == .ok, "\(answer.text)")
      let state = try await amazon.state()
      switch state.requests.last?.operation {
      case "replenish":
        #expect(state.orders.map(\.slot) == [inputs["slotId"]?.text])
      case "slotStatus":
        let noted = try #require(state.registrations[0].slotStatus[inputs["slotId"]?.text ?? ""])
        #expect(noted.remainingQuantityInUnit == inputs["remaining"]?.number)
        #expect(noted.originalQuantityInUnit == inputs["original"]?.number)
        #expect(noted.totalQuantityOnHand == inputs["onHand"]?.number)
      case "deviceStatus":
        let sent = request["body"]?["mostRecentlyActiveDate"]?.text
        #expect(state.registrations[0].mostRecentlyActiveDate == sent)
      case "getOrderInfo":
        #expect(answer.text.contains(inputs["eventInstanceId"]?.encoded ?? "?"))
      case "deregister", "deregister.v1":
        #expect(state.registrations[0].deregisteredAt != nil)
      case "cancelTestOrder":
        #expect(answer.text.contains(inputs["slotId"]?.encoded ?? "?"))
      case "subscriptionInfo":
        let isVersion2 = inputs["resultVersion"]?.text == "2.0"
        #expect(answer.text.contains("productInfoList") == isVersion2)
      case "cancelTestOrders": #expect(answer.text.contains("NO_ORDER_IN_PROGRESS"))
      case let other: Issue.record("unexpected operation \(other ?? "none")")
      }
    }
  }

  @Test("token requests are understood in every correct spelling", arguments: try Vectors.load("lwa-", kind: "request"))
  func tokenRequest(_ vector: Vector) async throws {
    let request = try #require(vector["request"])
    let inputs = try #require(vector["inputs"])
    let spellings = try #require(request["formEncoded"]).object.mapValues { $0.array.compactMap(\.text) }
    // The first spelling of every value, then the last one of every value.
    for pick in [{ $0.first }, { $0.last }] as [@Sendable ([String]) -> String?] {
      let fixture = try EmulatorFixture { configuration in
        configuration.clients = [
          .public(
            id: inputs["clientId"]?.text ?? "c", name: "Device", redirectURIs: [inputs["redirectURI"]?.text ?? "x"],
            scopes: EmulatorConfiguration.scopes)
        ]
        configuration.allowsRealOrders = true
      }
      try await Self.seed(fixture.emulator, inputs)
      let body = spellings.map { "\($0)=\(pick($1) ?? "")" }.joined(separator: "&")
      let path = try #require(request["path"]?.text)
      let type = try #require(request["contentType"]?.text)
      try await fixture.run { amazon in
        let answer = try await amazon.send(.post, path, headers: [.contentType: type], body: body)
        #expect(answer.status == .ok, "\(answer.text)")
      }
    }
  }

  /// Makes the code, refresh token or code pair of a vector exist.
  private static func seed(_ emulator: AmazonEmulator, _ inputs: JSON) async throws {
    let clientID = inputs["clientId"]?.text ?? "c"
    let scope = try #require(Scope("profile"))
    let grant = try await emulator.server.makeGrant(
      clientID: clientID, subject: "customer@example.com", scope: scope, resource: nil)
    if let code = inputs["code"]?.text, let verifier = inputs["codeVerifier"]?.text {
      // The challenge is derived here with the plain method, so that this test does not lean on the server's SHA-256.
      let record = AuthorizationCode(
        grantID: grant.id, clientID: clientID, redirectURI: inputs["redirectURI"]?.text,
        challenge: CodeChallenge(value: verifier, method: .plain), expiresAt: .distantFuture)
      await emulator.storage.insert(record, SecretDigest(code))
    }
    if let token = inputs["refreshToken"]?.text {
      await emulator.storage.insert(
        RefreshToken(grantID: grant.id, clientID: clientID, replacedAt: nil), SecretDigest(token))
    }
    if let deviceCode = inputs["deviceCode"]?.text, let userCode = inputs["userCode"]?.text {
      let pair = DeviceAuthorization(
        clientID: clientID, userCode: userCode, scope: scope, details: AuthorizationDetails(),
        expiresAt: .distantFuture, interval: 1, lastPoll: nil, decision: .allowed(grant.id))
      #expect(await emulator.storage.insert(pair, SecretDigest(deviceCode)))
    }
  }

  @Test("authorize addresses lead to a registration", arguments: try Vectors.load("lwa-", kind: "authorize"))
  func authorize(_ vector: Vector) async throws {
    let query = try #require(vector["authorize"]?["query"]).object.compactMapValues(\.text)
    let scopeData = try #require(vector["authorize"]?["scopeData"])
    let inputs = try #require(vector["inputs"])
    let fixture = try EmulatorFixture { configuration in
      configuration.allowsRealOrders = true
      configuration.clients = [
        .public(
          id: query["client_id"] ?? "", name: "Device", redirectURIs: [query["redirect_uri"] ?? ""],
          scopes: EmulatorConfiguration.scopes)
      ]
    }
    try await fixture.run { amazon in
      let fields = query.merging(["scope_data": scopeData.encoded]) { $1 }
      let answer = try await amazon.consent("/ap/oa?" + Amazon.encode(fields))
      #expect(answer["code"] != nil)
      #expect(answer["state"] == query["state"])
      let registration = try #require(try await amazon.state().registrations.first)
      #expect(registration.model == inputs["model"]?.text)
      #expect(registration.serial == inputs["serial"]?.text)
      #expect(registration.isTestDevice == inputs["isTestDevice"]?.flag)
      #expect(registration.includesNonLive == inputs["includeNonLive"]?.flag)
    }
  }

  @Test("scope_data means what the vectors say", arguments: try Vectors.load("lwa-", kind: "scopeData"))
  func scopeData(_ vector: Vector) throws {
    let text = try #require(vector["scopeDataText"]?.text)
    let expected = try #require(vector["expect"])
    let data = try? ScopeData(text: text)
    switch expected["outcome"]?.text {
    case "registration":
      #expect(data?.model == expected["model"]?.text)
      #expect(data?.serial == expected["serial"]?.text)
      #expect(data?.isTestDevice == expected["isTestDevice"]?.flag)
      #expect(data?.includesNonLive == expected["includeNonLive"]?.flag)
    case "refused": #expect(data == nil)
    case let other: Issue.record("unknown outcome \(other ?? "none")")
    }
  }

  /// Whether some vector with this outcome, from a document or a public program, has this status and shape.
  private func expectDocumented(_ answer: Answer, _ prefix: String, _ outcome: String) throws {
    let shape = JSON.parse(answer.text)?.shape() ?? "none"
    let documented = try Vectors.load(prefix, kind: "response").filter {
      let source = $0["source"]?.text ?? ""
      return $0["expect"]?["outcome"]?.text == outcome && source.hasPrefix("[") && !source.hasPrefix("[ADVICE]")
    }
    #expect(!documented.isEmpty, "no vector for \(outcome)")
    let shapes = documented.map { vector in
      let body = vector["response"]?["bodyText"]?.text ?? ""
      return "\(Int(vector["response"]?["status"]?.number ?? 0)) \(JSON.parse(body)?.shape() ?? "none")"
    }
    #expect(shapes.contains("\(answer.status.code) \(shape)"), "\(outcome): \(answer.status.code) \(answer.text)")
  }

  @Test("DRS answers have the documented status and fields")
  func dashAnswers() async throws {
    let fixture = try EmulatorFixture {
      $0.allowsRealOrders = true
      $0.slots.removeLast()
    }
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let real = try await amazon.link(serial: "SN2", test: "false").access_token
      let placed = try await amazon.dash(.replenish, "/replenish/coffee", token)
      try expectDocumented(placed, "drs-replenish", "testOrdered")
      let open = try await amazon.dash(.replenish, "/replenish/coffee", token)
      try expectDocumented(open, "drs-replenish", "alreadyOrdered")
      try expectDocumented(try await amazon.dash(.replenish, "/replenish/coffee", real), "drs-replenish", "ordered")
      for version in [0, 1] {
        let answer = try await amazon.dash(.subscriptionInfo, "/subscriptionInfo", token, resultType: version)
        try expectDocumented(answer, "drs-subscription", "subscriptions")
      }
      let id = try placed.decoded(Replenished.self).eventInstanceId
      try expectDocumented(
        try await amazon.dash(.getOrderInfo, "/getOrderInfo/\(id)", token), "drs-order-info", "order")
      try expectDocumented(
        try await amazon.dash(.cancelTestOrder, "/testOrders/slots/coffee", token), "drs-cancel", "cancelled")
      let slot = try await amazon.dash(
        .slotStatus, "/slotStatus/coffee", token, body: #"{"remainingQuantityInUnit":3.5}"#)
      try expectDocumented(slot, "drs-slot-status", "accepted")
      try expectDocumented(
        try await amazon.dash(.replenish, "/replenish/nope", token), "drs-errors", "slotUnknown")
      try expectDocumented(
        try await amazon.dash(.deregister, "/registration", token), "drs-deregister", "deregistered")
      let dead = try await amazon.dash(.replenish, "/replenish/coffee", token)
      try expectDocumented(dead, "drs-errors", "invalidToken")
    }
  }

  @Test("token answers have the documented status and fields")
  func tokenAnswers() async throws {
    let fixture = try EmulatorFixture()
    try await fixture.run { amazon in
      let code = try #require(try await amazon.consent(Amazon.authorizePath())["code"])
      try expectDocumented(try await amazon.redeem(code), "lwa-token-answers", "tokens")
      try expectDocumented(try await amazon.redeem(code), "lwa-token-errors", "invalidGrant")
      try expectDocumented(try await amazon.refresh("Atzr|x"), "lwa-token-errors", "invalidGrant")
      let stranger = try await amazon.form(
        "/auth/o2/token", ["grant_type": "refresh_token", "refresh_token": "x", "client_id": "nobody"])
      try expectDocumented(stranger, "lwa-token-errors", "invalidClient")
      let pair = try await amazon.form(
        "/auth/o2/create/codepair",
        ["response_type": "device_code", "client_id": EmulatorFixture.clientID, "scope": "profile"])
      try expectDocumented(pair, "lwa-code-based", "codePair")
      let codes = try pair.decoded(JSON.self)
      let poll = [
        "grant_type": "device_code", "device_code": codes["device_code"]?.text ?? "",
        "user_code": codes["user_code"]?.text ?? "",
      ]
      try expectDocumented(
        try await amazon.form("/auth/o2/token", poll), "lwa-code-based", "authorizationPending")
    }
  }
}
