import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import OAuthServer
import Testing

@testable import AmazonEmulator

@Suite("Control endpoint")
struct ControlTests {
  let fixture: EmulatorFixture

  init() throws { fixture = try EmulatorFixture() }

  @Test("a scripted status hits as many matching requests as it says, after as many as it skips")
  func statusFault() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let script = """
        {"operation":"replenish","kind":"status","status":503,"times":2,"skip":1,"headers":{"Retry-After":"7"}}
        """
      #expect(try await amazon.control("faults", script).status == .created)
      var seen: [Int] = []
      for _ in 0..<4 { seen.append(try await amazon.dash(.replenish, "/replenish/coffee", token).status.code) }
      #expect(seen == [200, 503, 503, 200])
      #expect(try await amazon.dash(.subscriptionInfo, "/subscriptionInfo", token).status == .ok)
      #expect(try await amazon.state().orders[0].replenishRequests == 2)
      #expect(try await amazon.state().requests.filter { $0.fault == "status" }.count == 2)
    }
  }

  @Test("a fault may name a group of operations", arguments: ["token", "token.refresh_token", "*"])
  func groups(operation: String) async throws {
    try await fixture.run { amazon in
      let tokens = try await amazon.link()
      let script = #"{"operation":"\#(operation)","kind":"status","status":500,"body":"no","contentType":"text/plain"}"#
      #expect(try await amazon.control("faults", script).status == .created)
      let answer = try await amazon.refresh(tokens.refresh_token)
      #expect(answer.status == .internalServerError)
      #expect(answer.text == "no")
      #expect(answer.headers[.contentType] == "text/plain")
      #expect(try await amazon.refresh(tokens.refresh_token).status == .ok)
    }
  }

  @Test("answers can be spoiled while what was asked still happens")
  func spoiled() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let whole = try await amazon.dash(.replenish, "/replenish/coffee", token).text.replacing(
        "TEST_ORDER_PLACED", with: "ORDER_INPROGRESS")
      let cases: [(String, (Answer) -> Bool)] = [
        (#""truncateBody""#, { $0.text == String(whole.prefix(whole.utf8.count / 2)) }),
        (#""contentType""#, { $0.text == whole && $0.headers[.contentType] == "text/html" }),
        (#""garbage""#, { (try? JSONSerialization.jsonObject(with: Data($0.text.utf8))) == nil }),
        (#""hugeBody","bytes":300000"#, { $0.body.readableBytes == 300_000 && $0.status == .ok }),
      ]
      for (kind, isRight) in cases {
        #expect(try await amazon.control("faults", #"{"operation":"dash","kind":\#(kind)}"#).status == .created)
        let answer = try await amazon.dash(.replenish, "/replenish/coffee", token)
        #expect(isRight(answer), "\(kind)")
      }
      #expect(try await amazon.state().orders[0].replenishRequests == 5)
    }
  }

  @Test("tokens can be expired and grants revoked, at once or just before a request")
  func tokens() async throws {
    try await fixture.run { amazon in
      var tokens = try await amazon.link()
      #expect(try await amazon.control("tokens/expire").text == #"{"expired":1}"#)
      #expect(try await amazon.dash(.replenish, "/replenish/coffee", tokens.access_token).status == .badRequest)
      tokens = try await amazon.refresh(tokens.refresh_token).decoded(Tokens.self)
      #expect(
        try await amazon.control("faults", #"{"operation":"replenish","kind":"expireTokens"}"#).status == .created)
      #expect(try await amazon.dash(.replenish, "/replenish/coffee", tokens.access_token).status == .badRequest)
      tokens = try await amazon.refresh(tokens.refresh_token).decoded(Tokens.self)
      #expect(try await amazon.replenish("coffee", tokens.access_token).detailCode == "TEST_ORDER_PLACED")
      #expect(try await amazon.control("grants/revoke", #"{"serial":"other"}"#).text == #"{"revoked":0}"#)
      #expect(try await amazon.control("grants/revoke", #"{"serial":"SN1"}"#).text == #"{"revoked":1}"#)
      #expect(try await amazon.refresh(tokens.refresh_token).members["error"] == "invalid_grant")
      tokens = try await amazon.link()
      #expect(
        try await amazon.control("faults", #"{"operation":"token.refresh_token","kind":"revokeGrants"}"#).status
          == .created)
      #expect(try await amazon.refresh(tokens.refresh_token).members["error"] == "invalid_grant")
    }
  }

  @Test("settings: shorter tokens, rotation, skew")
  func settings() async throws {
    try await fixture.run { amazon in
      #expect(
        try await amazon.control("settings", #"{"accessTokenSeconds":5,"rotation":"strict"}"#).status == .ok)
      let tokens = try await amazon.link()
      #expect(tokens.expires_in == 5)
      let next = try await amazon.refresh(tokens.refresh_token).decoded(Tokens.self)
      #expect(next.refresh_token != tokens.refresh_token)
      #expect(try await amazon.refresh(tokens.refresh_token).members["error"] == "invalid_grant")
      #expect(try await amazon.refresh(next.refresh_token).members["error"] == "invalid_grant")
      let again = try await amazon.link()
      #expect(try await amazon.control("settings", #"{"clockSkewSeconds":86400}"#).status == .ok)
      let late = try await amazon.dash(.replenish, "/replenish/coffee", again.access_token)
      #expect(late.status == .badRequest)
      #expect(late.headers[.amzDate] == "Sat, 16 Jan 2027 08:00:00 GMT")
      #expect(try await amazon.state().settings.clockSkewSeconds == 86400)
    }
  }

  @Test(
    "mistakes in a script are named",
    arguments: [
      (#"{"operation":"replenish"}"#, "kind"), (#"{"kind":"status"}"#, "operation"),
      (#"{"operation":"nonsense","kind":"status"}"#, "nonsense"), (#"{"operation":"*","kind":"nonsense"}"#, "kind"),
      (#"{"operation":"*","kind":"delay"}"#, "seconds"), (#"{"operation":"*","kind":"status","times":0}"#, "times"),
      (#"{"operation":"*","kind":"status","status":99}"#, "status"), ("nonsense", "body"),
    ])
  func mistakes(script: String, word: String) async throws {
    try await fixture.run { amazon in
      let answer = try await amazon.control("faults", script)
      #expect(answer.status == .badRequest)
      #expect(answer.members["error"]?.contains(word) == true, "\(answer.text)")
      #expect(try await amazon.state().faults.isEmpty)
    }
  }

  @Test("several faults at once, and clearing them")
  func list() async throws {
    try await fixture.run { amazon in
      let script = #"[{"operation":"*","kind":"status"},{"operation":"dash","kind":"garbage"}]"#
      let added = try await amazon.control("faults", script)
      #expect(added.status == .created)
      #expect(try await amazon.state().faults.count == 2)
      #expect(try await amazon.send(.delete, "/emulator/faults").status == .ok)
      #expect(try await amazon.state().faults.isEmpty)
    }
  }

  @Test("the state tells what happened and holds no secret")
  func state() async throws {
    try await fixture.run { amazon in
      let answer = try await amazon.consent(Amazon.authorizePath())
      let code = try #require(answer["code"])
      let tokens = try await amazon.redeem(code).decoded(Tokens.self)
      _ = try await amazon.replenish("coffee", tokens.access_token)
      _ = try await amazon.replenish("coffee", tokens.access_token)
      let text = try await amazon.send(.get, "/emulator/state").text
      let state = try await amazon.state()
      #expect(state.registrations.map(\.device) == ["CoffeeMaker-9000/SN1"])
      #expect(state.counts["replenish"] == 2)
      #expect(state.counts["token.authorization_code"] == 1)
      let request = try #require(state.requests.first { $0.operation == "replenish" })
      #expect(request.result == "TEST_ORDER_PLACED")
      #expect(request.status == 200)
      #expect(request.slot == "coffee")
      #expect(request.device == "CoffeeMaker-9000/SN1")
      for secret in [
        code, tokens.access_token, tokens.refresh_token, "correct horse", EmulatorFixture.verifier, "s3cret",
      ] {
        #expect(!text.contains(secret))
      }
    }
  }

  @Test("reset returns to the beginning")
  func reset() async throws {
    try await fixture.run { amazon in
      let tokens = try await amazon.link()
      _ = try await amazon.replenish("coffee", tokens.access_token)
      _ = try await amazon.control("settings", #"{"accessTokenSeconds":5,"clockSkewSeconds":9,"rotation":"strict"}"#)
      _ = try await amazon.control("faults", #"{"operation":"*","kind":"status","times":9}"#)
      #expect(try await amazon.control("reset").status == .ok)
      let state = try await amazon.state()
      #expect(state.registrations.isEmpty && state.orders.isEmpty && state.requests.isEmpty && state.faults.isEmpty)
      #expect(state.settings.accessTokenSeconds == 3600)
      #expect(state.settings.clockSkewSeconds == 0)
      #expect(state.settings.rotation == "off")
      #expect(try await amazon.dash(.replenish, "/replenish/coffee", tokens.access_token).status == .badRequest)
    }
  }

  @Test("web pages and other host names are kept out of the control endpoint")
  func outsiders() async throws {
    try await fixture.run { amazon in
      var origin = HTTPFields()
      origin[.origin] = "https://evil.example"
      let state = try await amazon.send(.get, "/emulator/state", headers: origin)
      #expect(state.status == .forbidden)
      #expect(try await amazon.send(.post, "/emulator/reset", headers: origin).status == .forbidden)
    }
  }

  @Test("the overview shows devices and orders and its buttons work with its own token only")
  func overview() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let id = try await amazon.replenish("coffee", token).eventInstanceId
      let page = try await amazon.send(.get, "/")
      #expect(page.text.contains("CoffeeMaker-9000/SN1"))
      #expect(page.text.contains("B00COFFEE1"))
      #expect(!page.text.contains(token))
      let press = ["order": id, "phase": "delivered"]
      #expect(try await amazon.form("/", press).status == .badRequest)
      #expect(try await amazon.state().orders[0].phase == .processing)
      #expect(try await amazon.form("/", press.merging(["csrf": page.csrf]) { $1 }).status == .seeOther)
      #expect(try await amazon.state().orders[0].phase == .delivered)
    }
  }
}
