import Foundation
import NIOHTTP1
import OAuthServer
import Testing

@testable import ReplenishCloud

/// The advice of RFC 9700, section by section, and what Google asks of a service that accounts are linked with.
@Suite("RFC 9700 and account linking", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct BestPracticeTests {
  // MARK: 1. Redirects

  @Test("2.1: only a native app on the loopback interface may vary its port")
  func loopbackPort() async throws {
    try await CloudFixture().withApp(isPublic: true, redirects: ["http://127.0.0.1/return"]) { app, owner, cloud in
      let port = "http://127.0.0.1:51004/return"
      let code = try await app.code(owner, ["redirect_uri": port])
      #expect(try await app.redeem(code, ["redirect_uri": port]).status == 200)
      let server = try await cloud.app("Server", redirects: ["http://127.0.0.1:3000/return"])
      #expect(try await owner.get(server.address(["redirect_uri": port])).status == 400)
      for uri in ["http://127.0.0.1:51004/other", "http://127.0.0.2/return", "https://127.0.0.1/return"] {
        #expect(try await owner.get(app.address(["redirect_uri": uri])).status == 400)
      }
    }
  }

  @Test("4.11: open redirect: an unknown client or address leads nowhere, nor does the sign-in's next page")
  func openRedirect() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      for change: [String: String?] in [
        ["client_id": nil], ["client_id": "none"], ["redirect_uri": "https://evil.example/"],
        ["redirect_uri": nil, "client_id": "none"],
      ] {
        for browser in [owner, cloud.browser()] {
          let answer = try await browser.get(app.address(change))
          #expect(answer.status == 400 && answer.location == nil)
        }
      }
      for next in [
        "https://evil.example/", "//evil.example", "/\\evil.example", "/authorize/../../evil", "/authorize\n?x",
      ] {
        #expect(CloudPages.localPath(next) == "/")
      }
      #expect(CloudPages.localPath("/authorize?a=b") == "/authorize?a=b")
    }
  }

  // MARK: 2. PKCE

  @Test("2.1.1: a public client without a challenge is refused")
  func publicNeedsChallenge() async throws {
    try await CloudFixture().withApp(isPublic: true) { app, owner, _ in
      let change: [String: String?] = ["code_challenge": nil, "code_challenge_method": nil]
      let answer = try await owner.get(app.address(change))
      #expect(answer.error == "invalid_request")
    }
  }

  @Test("4.8.2: downgraded PKCE: a verifier is refused where the request's challenge was stripped")
  func downgrade() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let stripped: [String: String?] = ["code_challenge": nil, "code_challenge_method": nil]
      let answer = try await app.redeem(app.code(owner, stripped))
      #expect(answer.error == "invalid_grant")
      #expect(try await app.redeem(app.code(owner, stripped), ["code_verifier": nil]).status == 200)
    }
  }

  @Test("4.5: code injection: a code of one request does not go with another one's verifier or address")
  func codeInjection() async throws {
    let redirects = ["https://hub.example/return", "https://hub.example/second"]
    try await CloudFixture().withApp(redirects: redirects) { app, owner, _ in
      let other = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"
      let injected = try await app.redeem(app.code(owner, ["code_challenge": other]))
      #expect(injected.error == "invalid_grant")
      #expect(try await app.redeem(app.code(owner), ["redirect_uri": redirects[1]]).error == "invalid_grant")
      #expect(try await app.redeem(app.code(owner), ["redirect_uri": nil]).status == 400)
    }
  }

  @Test("2.1.1, 2.6: metadata say so: RFC 8414, with S256 only, and iss in each answer (RFC 9207)")
  func metadata() async throws {
    try await CloudFixture().withApp { _, _, cloud in
      let answer = try await cloud.browser().get(cloud.pages + "/.well-known/oauth-authorization-server")
      let found = answer.members
      #expect(answer.status == 200 && answer.headers.first(name: "Content-Type") == "application/json")
      #expect(found["issuer"] as? String == "http://localhost")
      #expect(found["code_challenge_methods_supported"] as? [String] == ["S256"])
      #expect(found["response_types_supported"] as? [String] == ["code"])
      #expect(found["grant_types_supported"] as? [String] == ["authorization_code", "refresh_token"])
      #expect(found["authorization_response_iss_parameter_supported"] as? Bool == true)
      #expect(found["scopes_supported"] as? [String] == ["devices:read", "devices:identify"])
      #expect(found["device_authorization_endpoint"] == nil && found["registration_endpoint"] == nil)
      for endpoint in ["token", "revocation", "introspection"] {
        let address = try #require(found[endpoint + "_endpoint"] as? String)
        let path = address.replacing("http://localhost", with: cloud.pages)
        #expect(try await cloud.browser().send(.POST, path, form: [:]).status == 400, "\(endpoint)")
      }
    }
  }

  // MARK: 3, 4. Codes and tokens

  @Test("4.14.2: refresh tokens of a public client rotate; reuse of an old one, once its successor was used, ends all")
  func rotation() async throws {
    try await CloudFixture().withApp(isPublic: true) { app, owner, cloud in
      let first = try await app.connected(owner)
      // The answer was lost: the client asks once more, and gets on.
      let lost = try Tokens(try await app.refresh(first.refresh))
      cloud.clock.advance(86_400)
      let second = try Tokens(try await app.refresh(first.refresh))
      #expect(Set([first.refresh, lost.refresh, second.refresh]).count == 3)
      let third = try Tokens(try await app.refresh(second.refresh))
      #expect(try await app.isAlive(third.access))
      #expect(try await app.refresh(first.refresh).error == "invalid_grant")
      #expect(try await app.refresh(third.refresh).error == "invalid_grant")
      #expect(try await !app.isAlive(third.access))
      #expect(try await cloud.rows("refresh_token") == 0)
    }
  }

  @Test("4.14: stolen refresh token: thief and owner cannot both go on, whoever comes first")
  func stolenRefreshToken() async throws {
    try await CloudFixture().withApp(isPublic: true) { app, owner, _ in
      for thiefUsesFirst in [true, false] {
        let stolen = try await app.connected(owner).refresh
        let thiefs = try Tokens(try await app.refresh(stolen))
        let owners = try Tokens(try await app.refresh(stolen))
        let (ahead, behind) = thiefUsesFirst ? (thiefs, owners) : (owners, thiefs)
        let next = try Tokens(try await app.refresh(ahead.refresh))
        #expect(try await app.refresh(behind.refresh).error == "invalid_grant")
        #expect(try await !app.isAlive(next.access))
      }
    }
  }

  @Test("4.14.2: stolen refresh token: a client with a secret keeps its own, which is worth nothing without the secret")
  func confidentialRefresh() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let first = try await app.connected(owner)
      for _ in 0..<3 { #expect(try Tokens(try await app.refresh(first.refresh)).refresh == first.refresh) }
      #expect(try await app.refresh(first.refresh, ["client_secret": nil]).error == "invalid_client")
    }
  }

  @Test("4.14.2: a grant that nobody uses for a year ends")
  func inactivity() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let (idle, busy) = (try await app.connected(owner), try await app.connected(owner))
      cloud.clock.advance(200 * 86_400)
      _ = try Tokens(try await app.refresh(busy.refresh))
      cloud.clock.advance(165 * 86_400)
      try await cloud.storage.sweep(at: cloud.clock.now)
      #expect(try await app.refresh(idle.refresh).error == "invalid_grant")
      #expect(try await app.refresh(busy.refresh).status == 200)
    }
  }

  @Test("2.3: a token carries what was allowed and no more; a refresh may ask for less, not for more")
  func leastPrivilege() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let all: [String: String?] = ["scope": "devices:read devices:identify"]
      let tokens = try await app.connected(owner, all)
      let less = try await app.refresh(tokens.refresh, ["scope": "devices:identify"])
      #expect(less.members["scope"] as? String == "devices:identify")
      #expect(try await app.devices(Tokens(less).access).status == 403)
      #expect(try await app.refresh(tokens.refresh, ["scope": "devices:read dash:replenish"]).error == "invalid_scope")
      #expect(try await owner.get(app.address(["scope": "dash:replenish"])).error == "invalid_scope")
      #expect(try await owner.get(app.address(["scope": nil])).error == "invalid_scope")
      let reader = try await cloud.app("Reader", scopes: [.readDevices])
      #expect(try await owner.get(reader.address(all)).error == "invalid_scope")
    }
  }

  @Test("2.4, 2.1.2: no password grant, no client credentials, no implicit grant")
  func noOtherGrants() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      for type in ["password", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"] {
        let answer = try await app.post(
          "/token", ["grant_type": type, "username": "owner@example.com", "password": CloudFixture.password])
        #expect(answer.status == 400 && answer.error == "unsupported_grant_type")
      }
      for type in ["token", "id_token", "code token"] {
        #expect(try await owner.get(app.address(["response_type": type])).error == "unsupported_response_type")
      }
    }
  }

  @Test("4.3.2: a token in an address is not looked at, and token answers are not stored by anybody")
  func noTokensInAddresses() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let tokens = try await app.connected(owner)
      let inQuery = try await app.browser.get(cloud.pages + "/v1/devices?access_token=" + tokens.access)
      #expect(inQuery.status == 401)
      let answer = try await app.refresh(tokens.refresh)
      #expect(answer.headers.first(name: "Cache-Control") == "no-store")
    }
  }

  @Test("4.12: whatever a form with a password or a decision leads to, it leads there with 303")
  func seeOther() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let visitor = cloud.browser()
      let page = try await visitor.get(app.address())
      let next = "/authorize?" + App.query(app.parameters)
      let form = ["csrf": page.formToken(), "next": next, "email": "owner@example.com"]
      let signedIn = try await visitor.send(
        .POST, cloud.pages + "/sign-in", form: form.merging(["password": CloudFixture.password]) { $1 })
      #expect(signedIn.status == 303 && signedIn.location == next)
      for decision in ["sign-out", "deny", "allow"] {
        let browser = decision == "sign-out" ? visitor : owner
        #expect(try await app.decide(decision, browser).status == 303)
      }
      // A request that came as a form goes on without its body.
      let posted = try await owner.send(.POST, cloud.pages + "/authorize", form: app.parameters)
      #expect(posted.status == 303)
    }
  }

  @Test("the database holds no code, token or client secret, and the log neither")
  func digests() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      let code = try await app.code(owner)
      let tokens = try Tokens(try await app.redeem(code))
      let secrets = [code, tokens.access, tokens.refresh, try #require(app.secret), App.verifier]
      #expect(try await cloud.storage.places(of: secrets) == [])
      for secret in secrets { #expect(!cloud.fixture.log.text.contains(secret)) }
      #expect(try await cloud.rows("access_token") == 1)
      #expect(cloud.fixture.log.text.contains("an owner allowed"))
    }
  }

  // MARK: Google's five

  @Test("account linking: client, address and response type are checked before anything is shown")
  func linkingRequest() async throws {
    try await CloudFixture().withApp { app, _, cloud in
      let visitor = cloud.browser()
      let unknown = try await visitor.get(app.address(["client_id": "none"]))
      #expect(unknown.status == 400)
      #expect(try await visitor.get(app.address(["redirect_uri": app.redirect + "/x"])).status == 400)
      #expect(try await visitor.get(app.address(["response_type": "token"])).error == "unsupported_response_type")
    }
  }

  @Test("account linking: a code that lives ten minutes at most gives an expiring access token and a refresh token")
  func linkingTokens() async throws {
    try await CloudFixture().withApp { app, owner, cloud in
      #expect(cloud.cloud.ownerGrants.server.policy.authorizationCodeLifetime <= 600)
      let answer = try await app.redeem(app.code(owner))
      // Alexa wants six minutes at least.
      #expect((answer.members["expires_in"] as? Int ?? 0) >= 360 && answer.members["refresh_token"] != nil)
      #expect(answer.members["token_type"] as? String == "Bearer")
    }
  }

  @Test("account linking: an invalid refresh token is answered 400 invalid_grant")
  func linkingInvalidRefresh() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let tokens = try await app.connected(owner)
      for token in ["none", tokens.access] {
        let answer = try await app.refresh(token)
        #expect(answer.status == 400 && answer.error == "invalid_grant")
      }
    }
  }

  @Test("account linking: each refresh gives a new access token, and the one before lives on until it expires")
  func linkingRefresh() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let first = try await app.connected(owner)
      let second = try Tokens(try await app.refresh(first.refresh))
      #expect(second.access != first.access)
      for token in [first.access, second.access] { #expect(try await app.isAlive(token)) }
    }
  }

  @Test("account linking: an access token is no JWT, and is the base64 of UTF-8 text")
  func linkingOpaque() async throws {
    try await CloudFixture().withApp { app, owner, _ in
      let tokens = [try await app.connected(owner).access] + (0..<200).map { _ in OwnerGrants.drawAccessToken() }
      for token in tokens {
        #expect(token.wholeMatch(of: /[A-Za-z0-9]{64}/) != nil && !token.contains("."))
        let bytes = try #require(Data(base64Encoded: token))
        #expect(String(validating: bytes, as: UTF8.self)?.count == 48)
      }
      #expect(Set(tokens).count == tokens.count)
    }
  }
}
