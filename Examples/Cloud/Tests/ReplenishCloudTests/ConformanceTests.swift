import Foundation
import NIOHTTP1
import Testing

@testable import ReplenishCloud

/// The modules of the OpenID conformance suite that are about OAuth, each under its name.
@Suite("OpenID conformance modules", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct ConformanceTests {
  /// A request that is answered here, and leads nowhere.
  private func isRefusedHere(_ answer: Seen) -> Bool {
    answer.status == 400 && answer.location == nil && answer.text.contains("Cannot continue")
  }

  @Test("AuthCodeReuse")
  func authCodeReuse() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let code = try await app.code(owner)
      let tokens = try Tokens(try await app.redeem(code))
      #expect(try await app.isAlive(tokens.access))
      let again = try await app.redeem(code)
      #expect(again.status == 400 && again.error == "invalid_grant")
      #expect(try await !app.isAlive(tokens.access))
      #expect(try await app.refresh(tokens.refresh).error == "invalid_grant")
    }
  }

  @Test("AuthCodeReuseAfter30Seconds, AttemptReuseAuthorizationCodeAfterOneSecond", arguments: [1.0, 30, 86_400])
  func authCodeReuseLater(seconds: Double) async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let code = try await app.code(owner)
      let tokens = try Tokens(try await app.redeem(code))
      cloud.clock.advance(seconds)
      try await cloud.storage.sweep(at: cloud.clock.now)
      #expect(try await app.redeem(code).error == "invalid_grant")
      #expect(try await app.refresh(tokens.refresh).error == "invalid_grant")
    }
  }

  @Test("AttemptToUseExpiredAuthCode")
  func expiredAuthCode() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let code = try await app.code(owner)
      cloud.clock.advance(300)
      #expect(try await app.redeem(code).error == "invalid_grant")
    }
  }

  @Test("EnsureAuthorizationCodeIsBoundToClient")
  func codeIsBoundToClient() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let thief = try await cloud.app("Thief")
      let code = try await app.code(owner)
      #expect(try await thief.redeem(code).error == "invalid_grant")
    }
  }

  @Test(
    "EnsureRegisteredRedirectUri, RedirectUriQueryAdded, RedirectUriQueryMismatch",
    arguments: [
      "https://hub.example/return", "https://hub.example/return?a=2", "https://hub.example/return?a=1&b=2",
      "https://hub.example/return?b=2&a=1", "https://hub.example/return/?a=1", "https://hub.example/Return?a=1",
      "https://hub.example:443/return?a=1", "http://hub.example/return?a=1", "https://evil.example/return?a=1",
      "https://hub.example@evil.example/return?a=1", "https://hub.example/return?a=1#f",
      "https://hub.example/x/../return?a=1", "//hub.example/return?a=1", "javascript:alert(1)",
    ])
  func registeredRedirect(uri: String) async throws {
    try await CloudFixture().withApp(redirects: ["https://hub.example/return?a=1"]) { app, owner, cloud in
      #expect(isRefusedHere(try await owner.get(app.address(["redirect_uri": uri]))))
      let good = try await app.decide("allow", owner)
      #expect(good.location?.hasPrefix("https://hub.example/return?a=1&code=") == true)
    }
  }

  @Test("RedirectUriRegFrag")
  func registeredFragment() {
    #expect(throws: ClientEntry.Mistake.self) {
      try ClientEntry.draw(
        name: "Hub", redirectURIs: ["https://hub.example/return#f"], scopes: ["devices:read"], isPublic: false,
        mayIntrospect: false)
    }
  }

  @Test("ResponseTypeMissing")
  func responseTypeMissing() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let answer = try await owner.get(app.address(["response_type": nil]))
      #expect(answer.status == 303 && answer.error == "invalid_request" && answer.parameters["state"] == "s&t")
    }
  }

  @Test("EnsureRequestWithValidPkce", arguments: [true, false])
  func validPkce(isPublic: Bool) async throws {
    try await CloudFixture().withApp(isPublic: isPublic) { app, owner, _ in
      let tokens = try await app.connected(owner)
      #expect(try await app.isAlive(tokens.access))
    }
  }

  @Test("PlainPKCERejected", arguments: ["plain", nil, "S512", "s256"])
  func plainRejected(method: String?) async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let change = ["code_challenge": App.verifier, "code_challenge_method": method]
      let answer = try await owner.get(app.address(change))
      #expect(answer.error == "invalid_request")
    }
  }

  @Test("PKCECodeVerifierRequired")
  func verifierRequired() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let answer = try await app.redeem(app.code(owner), ["code_verifier": nil])
      #expect(answer.status == 400 && answer.members["access_token"] == nil)
    }
  }

  @Test("IncorrectPKCECodeVerifierRejected", arguments: [App.challenge, String(repeating: "a", count: 43), "short"])
  func verifierRejected(verifier: String) async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let answer = try await app.redeem(app.code(owner), ["code_verifier": verifier])
      #expect(answer.error == "invalid_grant")
    }
  }

  @Test("EnsureRequestWithUnknownParameter")
  func unknownParameter() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let code = try await app.code(owner, ["extra": "foobar", "ui_locales": "se"])
      #expect(!code.isEmpty)
    }
  }

  @Test("EnsureAuthorizationRequestWithLongState", arguments: [400, 3000])
  func longState(length: Int) async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let state = String(repeating: "Zustand/ä ", count: length / 10)
      #expect(try await app.decide("allow", owner, ["state": state]).parameters["state"] == state)
      // By way of the sign-in page, too.
      let visitor = cloud.browser()
      let page = try await visitor.get(app.address(["state": state]))
      let next = try #require(page.text.firstMatch(of: /name="next" value="([^"]+)"/)).output.1
        .replacing("&amp;", with: "&")
      let form = [
        "csrf": page.formToken(), "next": String(next), "email": "owner@example.com",
        "password": CloudFixture.password,
      ]
      let back = try await visitor.send(.POST, cloud.pages + "/sign-in", form: form)
      #expect(back.location.map { cloud.pages + $0 } == app.address(["state": state]))
    }
  }

  @Test("EnsurePostRequest")
  func postRequest() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let posted = try await owner.send(
        .POST, cloud.pages + "/authorize", form: app.parameters, headers: ["Sec-Fetch-Site": "cross-site"])
      #expect(posted.status == 303)
      let page = try await owner.get(cloud.pages + (posted.location ?? ""))
      #expect(page.status == 200 && page.text.contains("Kitchen Hub"))
      let evil = try await owner.send(.POST, cloud.pages + "/authorize", form: ["client_id": "none"])
      #expect(isRefusedHere(try await owner.get(cloud.pages + (evil.location ?? ""))))
    }
  }

  @Test("RefreshToken")
  func refreshToken() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let first = try await app.connected(owner)
      cloud.clock.advance(3600)
      #expect(try await !app.isAlive(first.access))
      let second = try Tokens(try await app.refresh(first.refresh))
      #expect(try await app.isAlive(second.access))
      let thief = try await cloud.app("Thief")
      #expect(try await thief.refresh(second.refresh).error == "invalid_grant")
      #expect(try await app.isAlive(second.access))
    }
  }

  @Test("ServerTestClientSecretPost, and the same with Basic")
  func clientSecret() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      _ = try await app.connected(owner)
      let fields: [String: String?] = [
        "grant_type": "authorization_code", "code": try await app.code(owner), "redirect_uri": app.redirect,
        "code_verifier": App.verifier,
      ]
      #expect(try await app.post("/token", fields, authorization: app.basic).status == 200)
      let wrong = "Basic " + Data("\(app.id):wrong".utf8).base64EncodedString()
      let refused = try await app.post("/token", fields, authorization: wrong)
      #expect(refused.status == 401 && refused.error == "invalid_client")
      #expect(refused.headers.first(name: "WWW-Authenticate")?.hasPrefix("Basic") == true)
      #expect(try await app.redeem("x", ["client_secret": "wrong"]).error == "invalid_client")
      #expect(try await app.redeem("x", ["client_secret": nil]).error == "invalid_client")
    }
  }
}
