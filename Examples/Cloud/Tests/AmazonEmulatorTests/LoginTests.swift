import Foundation
import HTTPTypes
import HummingbirdTesting
import OAuthServer
import Testing
import TextEncodings

@testable import AmazonEmulator

@Suite("Login with Amazon")
struct LoginTests {
  let fixture: EmulatorFixture

  init() throws { fixture = try EmulatorFixture() }

  @Test("tokens look like LWA's and are not cached")
  func tokens() async throws {
    try await fixture.run { amazon in
      let answer = try await amazon.consent(Amazon.authorizePath())
      #expect(answer["scope"] == "dash:replenish")
      #expect(answer["state"] == "st")
      let response = try await amazon.redeem(try #require(answer["code"]))
      #expect(response.headers[.cacheControl] == "no-store")
      let tokens = try response.decoded(Tokens.self)
      #expect(tokens.access_token.hasPrefix("Atza|") && (350...2048).contains(tokens.access_token.utf8.count))
      #expect(tokens.refresh_token.hasPrefix("Atzr|") && tokens.refresh_token.utf8.count <= 2048)
      #expect(tokens.token_type == "bearer")
      #expect(tokens.expires_in == 3600)
      let again = try await amazon.refresh(tokens.refresh_token).decoded(Tokens.self)
      #expect(again.refresh_token == tokens.refresh_token)
      #expect(again.access_token != tokens.access_token)
    }
  }

  @Test("the other spelling of the token path works")
  func capitalO() async throws {
    try await fixture.run { amazon in
      let tokens = try await amazon.link()
      let answer = try await amazon.form(
        "/auth/O2/token",
        [
          "grant_type": "refresh_token", "refresh_token": tokens.refresh_token,
          "client_id": EmulatorFixture.clientID,
        ])
      #expect(answer.status == .ok)
    }
  }

  @Test("errors have LWA's texts")
  func errors() async throws {
    try await fixture.run { amazon in
      let path = "/auth/o2/token"
      let bad = try await amazon.redeem("ANnothing")
      #expect(bad.status == .badRequest)
      #expect(bad.members["error"] == "invalid_grant")
      #expect(bad.members["error_description"] == "The request has an invalid grant parameter : code")
      let refresh = try await amazon.refresh("Atzr|nothing")
      #expect(refresh.members["error_description"] == "The request has an invalid grant parameter : refresh_token")
      let secret = try await amazon.form(
        path, ["grant_type": "refresh_token", "refresh_token": "x", "client_id": "web"])
      #expect(secret.status == .badRequest)
      #expect(secret.members["error"] == "invalid_request")
      #expect(
        secret.members["error_description"] == "The request is missing a required parameter : client_secret")
      let wrong = try await amazon.form(
        path, ["grant_type": "refresh_token", "refresh_token": "x", "client_id": "web", "client_secret": "no"])
      #expect(wrong.status == .unauthorized)
      #expect(wrong.members == ["error": "invalid_client", "error_description": "Client authentication failed"])
      let multipart = try await amazon.send(
        .post, path, headers: [.contentType: "multipart/form-data; boundary=x"], body: "--x--")
      #expect(multipart.status == .badRequest)
    }
  }

  @Test("a failed Basic login names the scheme")
  func basic() async throws {
    try await fixture.run { amazon in
      let header = "Basic " + Data("web:no".utf8).base64EncodedString()
      let answer = try await amazon.form(
        "/auth/o2/token", ["grant_type": "refresh_token", "refresh_token": "x"], headers: [.authorization: header])
      #expect(answer.status == .unauthorized)
      #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("Basic ") == true)
    }
  }

  @Test("a refusal is sent back as access_denied")
  func refusal() async throws {
    try await fixture.run { amazon in
      let answer = try await amazon.consent(Amazon.authorizePath(), decision: "deny")
      #expect(answer["error"] == "access_denied")
      #expect(answer["state"] == "st")
      #expect(answer["code"] == nil)
    }
  }

  @Test("the pages forbid caching, framing, scripts and referrers, and the cookie is locked down")
  func pageHeaders() async throws {
    try await fixture.run { amazon in
      let page = try await amazon.send(.get, Amazon.authorizePath())
      #expect(page.headers[.cacheControl] == "no-store")
      #expect(page.headers[.contentSecurityPolicy]?.contains("frame-ancestors 'none'") == true)
      #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
      #expect(page.headers[try #require(HTTPField.Name("Referrer-Policy"))] == "no-referrer")
      #expect(page.headers[try #require(HTTPField.Name("X-Frame-Options"))] == "DENY")
      let cookie = try #require(page.headers[.setCookie])
      for word in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] { #expect(cookie.contains(word)) }
      #expect(!page.text.contains("<script"))
    }
  }

  @Test("forms from elsewhere are refused: no session, no token, another request's token")
  func crossSite() async throws {
    try await fixture.run { amazon in
      let path = Amazon.authorizePath()
      let page = try await amazon.send(.get, path)
      let fields = ["user": "customer@example.com", "password": "correct horse"]
      #expect(try await amazon.form(path, fields).status == .badRequest)
      #expect(try await amazon.form(path, fields, headers: [.cookie: page.cookie]).status == .badRequest)
      let token = fields.merging(["csrf": page.csrf]) { $1 }
      #expect(try await amazon.form(path, token).status == .badRequest)
      let signIn = try await amazon.form(path, token, headers: [.cookie: page.cookie])
      #expect(signIn.status == .seeOther)
      #expect(signIn.cookie != page.cookie, "a login gets a new session")
      let consent = try await amazon.send(.get, path, headers: [.cookie: signIn.cookie])
      let other = Amazon.authorizePath(serial: "OTHER")
      let swapped = try await amazon.form(
        other, ["csrf": consent.csrf, "decision": "allow"], headers: [.cookie: signIn.cookie])
      #expect(swapped.status == .badRequest)
      let old = try await amazon.form(
        path, ["csrf": consent.csrf, "decision": "allow"], headers: [.cookie: page.cookie])
      #expect(old.status == .badRequest)
      #expect(try await amazon.state().registrations.isEmpty)
    }
  }

  @Test("a wrong password is refused, and guessing is slowed")
  func password() async throws {
    try await fixture.run { amazon in
      let path = Amazon.authorizePath()
      let page = try await amazon.send(.get, path)
      let wrong = ["csrf": page.csrf, "user": "customer@example.com", "password": "wrong"]
      for _ in 0..<20 {
        #expect(try await amazon.form(path, wrong, headers: [.cookie: page.cookie]).status == .forbidden)
      }
      let right = wrong.merging(["password": "correct horse"]) { $1 }
      #expect(try await amazon.form(path, right, headers: [.cookie: page.cookie]).status == .tooManyRequests)
      fixture.wait(61)
      #expect(try await amazon.form(path, right, headers: [.cookie: page.cookie]).status == .seeOther)
    }
  }

  @Test("what comes from the address cannot become markup")
  func escaping() async throws {
    try await fixture.run { amazon in
      let path = Amazon.authorizePath { $0["state"] = "\"><b>x" } + "&x=%22%3E%3Cb%3E\"><b>"
      let page = try await amazon.send(.get, path)
      #expect(!page.text.contains("<b>"))
    }
  }

  @Test("an unknown client or address gets a page, not a redirect")
  func noRedirect() async throws {
    try await fixture.run { amazon in
      for (name, value) in [("client_id", "x"), ("redirect_uri", "https://evil.example/")] {
        let answer = try await amazon.send(.get, Amazon.authorizePath { $0[name] = value })
        #expect(answer.status == .badRequest)
        #expect(answer.headers[.location] == nil)
      }
    }
  }

  @Test("dash:replenish needs scope_data that names a device, and a real device needs permission")
  func scopeData() async throws {
    try await fixture.run { amazon in
      let paths = [
        Amazon.authorizePath { $0["scope_data"] = nil }, Amazon.authorizePath(serial: "has space"),
        Amazon.authorizePath(test: "false"), Amazon.authorizePath(test: "\"perhaps\""),
      ]
      for path in paths {
        let answer = try await amazon.send(.get, path)
        #expect(answer.status == .seeOther)
        #expect(answer.headers[.location]?.contains("error=invalid_request") == true)
      }
    }
  }

  @Test("code pair: LWA's fields, no client at the poll, and the customer's page")
  func codePair() async throws {
    try await fixture.run { amazon in
      let pair = try await amazon.form(
        "/auth/o2/create/codepair",
        [
          "response_type": "device_code", "client_id": EmulatorFixture.clientID, "scope": "dash:replenish",
          "scope_data": #"{"dash:replenish":{"device_model":"M","serial":"S","is_test_device":"true"}}"#,
        ])
      #expect(pair.status == .ok)
      struct Pair: Decodable {
        var user_code: String
        var device_code: String
        var verification_uri: String
        var expires_in: Int
        var interval: Int
      }
      let codes = try pair.decoded(Pair.self)
      #expect(codes.verification_uri.hasSuffix("/code"))
      let poll = ["grant_type": "device_code", "device_code": codes.device_code, "user_code": codes.user_code]
      #expect(try await amazon.form("/auth/o2/token", poll).members["error"] == "authorization_pending")
      #expect(try await amazon.form("/auth/o2/token", poll).members["error"] == "slow_down")
      let mixed = poll.merging(["user_code": "XXXX-XXXX"]) { $1 }
      #expect(try await amazon.form("/auth/o2/token", mixed).members["error"] == "invalid_code_pair")
      try await Self.allow(codes.user_code.lowercased(), amazon)
      let tokens = try await amazon.form("/auth/o2/token", poll).decoded(Tokens.self)
      #expect(try await amazon.replenish("coffee", tokens.access_token).detailCode == "TEST_ORDER_PLACED")
      #expect(try await amazon.form("/auth/o2/token", poll).members["error"] == "invalid_code_pair")
    }
  }

  private static func allow(_ typed: String, _ amazon: Amazon) async throws {
    let page = try await amazon.send(.get, "/code")
    let signIn = try await amazon.form(
      "/code", ["csrf": page.csrf, "user": "customer@example.com", "password": "correct horse"],
      headers: [.cookie: page.cookie])
    let cookie: HTTPFields = [.cookie: signIn.cookie]
    let entry = try await amazon.send(.get, "/code", headers: cookie)
    let consent = try await amazon.form("/code", ["csrf": entry.csrf, "user_code": typed], headers: cookie)
    #expect(consent.text.contains("serial number S"))
    let code = try #require(consent.text.firstMatch(of: /name="user_code" value="([^"]+)"/)).output.1
    let done = try await amazon.form(
      "/code", ["csrf": consent.csrf, "user_code": String(code), "decision": "allow"], headers: cookie)
    #expect(done.status == .ok)
  }

  @Test("user codes cannot be guessed at speed")
  func codeGuessing() async throws {
    try await fixture.run { amazon in
      let page = try await amazon.send(.get, "/code")
      let signIn = try await amazon.form(
        "/code", ["csrf": page.csrf, "user": "customer@example.com", "password": "correct horse"],
        headers: [.cookie: page.cookie])
      let cookie: HTTPFields = [.cookie: signIn.cookie]
      let entry = try await amazon.send(.get, "/code", headers: cookie)
      let guess = ["csrf": entry.csrf, "user_code": "BBBB-BBBB"]
      for _ in 0..<10 { #expect(try await amazon.form("/code", guess, headers: cookie).status == .badRequest) }
      #expect(try await amazon.form("/code", guess, headers: cookie).status == .tooManyRequests)
    }
  }

  @Test("profile: three ways to send the token, and its scopes")
  func profile() async throws {
    try await fixture.run { amazon in
      let path = Amazon.authorizePath {
        $0["scope"] = "profile"
        $0["scope_data"] = nil
      }
      let code = try #require(try await amazon.consent(path)["code"])
      let token = try await amazon.redeem(code).decoded(Tokens.self).access_token
      var named = HTTPFields()
      named[.amzAccessToken] = token
      for headers in [named, [.authorization: "bearer \(token)"]] as [HTTPFields] {
        #expect(
          try await amazon.send(.get, "/user/profile", headers: headers).members["email"] == "customer@example.com")
      }
      let query = "/user/profile?access_token=" + percentEncoded(token)
      let answer = try await amazon.send(.get, query)
      #expect(answer.members["user_id"]?.hasPrefix("amzn1.account.") == true)
      #expect(try await amazon.send(.get, "/user/profile").members["error"] == "invalid_request")
      #expect(
        try await amazon.send(.get, "/user/profile?access_token=x").members["error"] == "invalid_token")
      let device = try await amazon.link().access_token
      let narrow = try await amazon.send(.get, "/user/profile", headers: [.authorization: "Bearer \(device)"])
      #expect(narrow.members["error"] == "insufficient_scope")
      #expect(try await amazon.dash(.replenish, "/replenish/coffee", token).errorType != nil)
    }
  }
}
