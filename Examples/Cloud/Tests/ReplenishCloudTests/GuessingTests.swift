import Foundation
import NIOHTTP1
import OAuthServer
import Testing

@testable import ReplenishCloud

/// Guesses at secrets, and the owners and clients that must not be shut out because of them.
@Suite("Guessing", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct GuessingTests {
  /// A cloud behind a proxy, so that requests can come from anywhere.
  private func run(_ test: @Sendable @escaping (CloudFixture.Running) async throws -> Void) async throws {
    try await CloudFixture { $0.proxies = ["127.0.0.1", "::1"] }.run(test)
  }

  /// A request of an app's, from a place.
  private func ask(
    _ app: App, _ path: String, _ fields: [String: String], from place: String, pages: String? = nil,
    basic: String? = nil
  ) async throws -> Seen {
    var headers: HTTPHeaders = ["X-Forwarded-For": place]
    var form = fields
    if let basic {
      headers.add(name: "Authorization", value: "Basic " + Data("\(app.id):\(basic)".utf8).base64EncodedString())
    } else {
      form["client_id"] = app.id
    }
    return try await app.browser.send(.POST, (pages ?? app.cloud.pages) + path, form: form, headers: headers)
  }

  @Test(
    "RFC 6749, 2.3.1: secrets of a client are guessed slowly at each endpoint, and it is not shut out from elsewhere")
  func secrets() async throws {
    try await run { cloud in
      let owner = try await cloud.owner()
      let (app, other) = (try await cloud.app(), try await cloud.app("Other"))
      let secret = try #require(app.secret)
      let tokens = try await app.connected(owner)
      let refresh = ["grant_type": "refresh_token", "refresh_token": tokens.refresh]
      // What is right, and what is no guess, does not count.
      for _ in 0..<25 {
        let right = try await ask(app, "/token", refresh, from: "203.0.113.9", basic: secret)
        #expect(right.status == 200)
        #expect(try await ask(app, "/token", refresh, from: "203.0.113.9").status == 401)
      }
      for number in 0..<20 {
        let path = ["/token", "/revoke", "/introspect"][number % 3]
        let fields = refresh.merging(["token": "x"]) { $1 }
        let answer =
          number.isMultiple(of: 2)
          ? try await ask(app, path, fields, from: "203.0.113.9", basic: "guess \(number)")
          : try await ask(app, path, fields.merging(["client_secret": "guess \(number)"]) { $1 }, from: "203.0.113.9")
        #expect(answer.status == 401 && answer.error == "invalid_client")
      }
      for guess in ["another guess", secret] {
        let answer = try await ask(app, "/token", refresh, from: "203.0.113.9", basic: guess)
        #expect(answer.status == 429 && answer.error == "temporarily_unavailable")
        #expect(answer.headers.first(name: "Retry-After") == "900")
        #expect(answer.headers.first(name: "Cache-Control") == "no-store")
      }
      // The client itself is elsewhere; and other clients in the attacker's place are not meant.
      #expect(try await ask(app, "/token", refresh, from: "198.51.100.1", basic: secret).status == 200)
      let others = try await ask(other, "/revoke", ["token": "x"], from: "203.0.113.9", basic: other.secret)
      #expect(others.status == 200)
      cloud.clock.advance(901)
      #expect(try await ask(app, "/token", refresh, from: "203.0.113.9", basic: secret).status == 200)
      cloud.clock.advance(86_400)
      try await cloud.storage.sweep(at: cloud.clock.now)
      #expect(try await cloud.rows("attempt") == 0)
    }
  }

  @Test("RFC 6749, 10.10: codes and refresh tokens of a client without a secret are guessed slowly, from one place")
  func codes() async throws {
    try await run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app(isPublic: true)
      let tokens = try await app.connected(owner)
      func guess(_ number: Int) -> [String: String] {
        number.isMultiple(of: 2)
          ? ["grant_type": "refresh_token", "refresh_token": "guess \(number)"]
          : [
            "grant_type": "authorization_code", "code": "guess \(number)", "code_verifier": App.verifier,
            "redirect_uri": app.redirect,
          ]
      }
      for number in 0..<100 {
        let answer = try await ask(app, "/token", guess(number), from: "2001:db8:1:2::\(number)")
        #expect(answer.error == "invalid_grant")
      }
      let right = ["grant_type": "refresh_token", "refresh_token": tokens.refresh]
      #expect(try await ask(app, "/token", right, from: "2001:db8:1:2:ffff::1").status == 429)
      #expect(try await ask(app, "/token", right, from: "2001:db8:1:3::1").status == 200)
    }
  }

  @Test("a client with a secret whose owners all ended their grants is not shut out; unknown clients leave no row")
  func deadTokens() async throws {
    try await run { cloud in
      let app = try await cloud.app()
      for number in 0..<101 {
        let fields = ["grant_type": "refresh_token", "refresh_token": "dead \(number)"]
        let answer = try await ask(app, "/token", fields, from: "203.0.113.9", basic: app.secret)
        #expect(answer.status == 400 && answer.error == "invalid_grant")
      }
      let stranger = App(cloud: cloud, id: "none", secret: "x", redirect: "", browser: app.browser)
      for _ in 0..<21 {
        let answer = try await ask(stranger, "/token", ["grant_type": "refresh_token"], from: "203.0.113.9", basic: "x")
        #expect(answer.status == 401)
      }
      #expect(try await cloud.rows("attempt") == 0)
    }
  }

  @Test("several instances: what one has seen counts at the other")
  func instances() async throws {
    try await run { cloud in
      let app = try await cloud.app()
      let storage = try await cloud.fixture.open()
      let second = try cloud.fixture.makeCloud(storage, amazonPort: cloud.amazonPort)
      let (ports, ready) = AsyncStream<Int>.makeStream()
      try await whileRunning(try second.pageApplication(port: 0, certificate: nil) { ready.yield($0) }) {
        let port = try #require(await ports.first { _ in true })
        let there = "http://localhost:\(port)"
        for number in 0..<20 {
          let pages = number.isMultiple(of: 2) ? there : cloud.pages
          let answer = try await ask(app, "/revoke", ["token": "x"], from: "203.0.113.9", pages: pages, basic: "x")
          #expect(answer.status == 401)
        }
        for pages in [there, cloud.pages] {
          let answer = try await ask(app, "/revoke", ["token": "x"], from: "203.0.113.9", pages: pages, basic: "x")
          #expect(answer.status == 429)
        }
      }
      try await second.shutdown()
      try await storage.close()
    }
  }
}
