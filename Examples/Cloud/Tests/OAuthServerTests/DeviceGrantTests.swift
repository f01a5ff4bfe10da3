import Testing
import TextEncodings

@testable import OAuthServer

@Suite("Device grant")
struct DeviceGrantTests {
  let fixture = OAuthFixture()

  private func start(client: String = "app") async throws -> DeviceAuthorizationAnswer {
    try await fixture.server.startDeviceAuthorization(
      FormParameters(["client_id": client, "scope": "order"]), authorization: nil)
  }

  private func poll(_ code: String, client: String = "app") async throws -> TokenAnswer {
    try await fixture.token([
      "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": code, "client_id": client,
    ])
  }

  private func decide(_ answer: DeviceAuthorizationAnswer, _ isAllowed: Bool) async throws -> Bool {
    let pair = try #require(try await fixture.server.pendingDeviceAuthorization(typed: answer.userCode))
    return try await fixture.server.decide(pair, isAllowed: isAllowed, subject: "alice")
  }

  @Test("a device waits, is allowed, and gets tokens once")
  func good() async throws {
    let answer = try await start()
    #expect(answer.userCode.wholeMatch(of: /[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}/) != nil)
    #expect(await fixture.refusal { try await poll(answer.deviceCode) } == .authorizationPending)
    #expect(try await decide(answer, true))
    let tokens = try await poll(answer.deviceCode)
    #expect(try await fixture.isAlive(tokens.accessToken))
    #expect(await fixture.refusal { try await poll(answer.deviceCode) } == .invalidGrant)
  }

  @Test("polling too fast is told so, each time adding five seconds")
  func slowDown() async throws {
    let answer = try await start()
    #expect(await fixture.refusal { try await poll(answer.deviceCode) } == .authorizationPending)
    fixture.wait(4)
    #expect(await fixture.refusal { try await poll(answer.deviceCode) } == .slowDown)
    fixture.wait(9)
    #expect(await fixture.refusal { try await poll(answer.deviceCode) } == .slowDown)
    fixture.wait(15)
    #expect(await fixture.refusal { try await poll(answer.deviceCode) } == .authorizationPending)
  }

  @Test("a refusal and an expiry are told apart")
  func endings() async throws {
    let refused = try await start()
    #expect(try await decide(refused, false))
    #expect(await fixture.refusal { try await poll(refused.deviceCode) } == .accessDenied)
    let forgotten = try await start()
    fixture.wait(600)
    #expect(await fixture.refusal { try await poll(forgotten.deviceCode) } == .expiredToken)
    #expect(try await fixture.server.pendingDeviceAuthorization(typed: forgotten.userCode) == nil)
  }

  @Test("a device code belongs to its client, and not every client may have one")
  func binding() async throws {
    let answer = try await start()
    #expect(await fixture.refusal { try await poll(answer.deviceCode, client: "other") } == .invalidGrant)
    #expect(await fixture.refusal { try await poll("unknown") } == .invalidGrant)
    let web = FormParameters(["client_id": "web", "client_secret": "s:e%c+r t", "scope": "order"])
    let code = await fixture.refusal {
      try await fixture.server.startDeviceAuthorization(web, authorization: nil)
    }
    #expect(code == .unauthorizedClient)
  }

  @Test("only the first decision counts")
  func firstDecision() async throws {
    let answer = try await start()
    let pair = try #require(try await fixture.server.pendingDeviceAuthorization(typed: answer.userCode))
    #expect(try await fixture.server.decide(pair, isAllowed: false, subject: "alice"))
    #expect(try await !fixture.server.decide(pair, isAllowed: true, subject: "mallory"))
    #expect(await fixture.refusal { try await poll(answer.deviceCode) } == .accessDenied)
  }

  @Test("a code may be typed in any case, with or without the dash")
  func typing() async throws {
    let answer = try await start()
    for typed in [answer.userCode.lowercased(), answer.userCode.filter(\.isLetter), " \(answer.userCode) "] {
      #expect(try await fixture.server.pendingDeviceAuthorization(typed: typed) != nil)
    }
  }
}

@Suite("Small parts")
struct SmallPartsTests {
  @Test("PKCE: the example of RFC 7636 appendix B")
  func pkce() throws {
    let challenge = try #require(CodeChallenge(value: OAuthFixture.challenge, method: .s256))
    #expect(challenge.accepts(verifier: OAuthFixture.verifier))
    #expect(!challenge.accepts(verifier: OAuthFixture.challenge))
    #expect(CodeChallenge.isWellFormed(String(repeating: "~", count: 128)))
    for bad in [String(repeating: "a", count: 42), String(repeating: "a", count: 129), OAuthFixture.verifier + "="] {
      #expect(!CodeChallenge.isWellFormed(bad))
    }
  }

  @Test("form parameters: plus, escapes, repetition, empty values, broken escapes")
  func form() throws {
    let form = try #require(FormParameters(urlEncoded: "a=x+y%2Bz&b=&c&a=2&d=%C3%A9%7c"))
    #expect(form["a"] == "2")
    #expect(form.repeated == ["a"])
    #expect(form["b"] == nil)
    #expect(form["c"] == nil)
    #expect(form["d"] == "é|")
    for bad in ["a=%", "a=%4", "a=%zz", "%ff=1", "a=b%00"] { #expect(FormParameters(urlEncoded: bad) == nil) }
    #expect(percentEncoded("a b+é~|") == "a%20b%2B%C3%A9~%7C")
  }

  @Test("the default mint draws different strings of 256 bits")
  func mint() {
    let mint = TokenMint()
    #expect(mint.accessToken() != mint.accessToken())
    #expect(mint.refreshToken().utf8.count == 43)
  }
}
