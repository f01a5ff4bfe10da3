import Foundation
import Testing

@testable import OAuthServer

@Suite("Authorization requests")
struct AuthorizationRequestTests {
  let fixture = OAuthFixture()

  private func check(
    _ change: (inout [String: String]) -> Void
  ) async throws -> Result<AuthorizationRequest, AuthorizationRefusal> {
    var parameters = fixture.parameters
    change(&parameters)
    return try await fixture.server.authorizationRequest(FormParameters(parameters))
  }

  @Test("a good request is accepted and its answer keeps the state")
  func good() async throws {
    let request = try await check { _ in }.get()
    let location = try await fixture.server.allow(request, subject: "alice")
    let parts = try #require(URLComponents(string: location))
    #expect(location.hasPrefix(OAuthFixture.redirect + "?code="))
    #expect(parts.queryItems?.first { $0.name == "state" }?.value == "s&t")
  }

  @Test(
    "an untrusted client or address is never redirected to",
    arguments: [
      ("client_id", nil), ("client_id", "unknown"), ("redirect_uri", nil),
      ("redirect_uri", "https://app.example/return/"), ("redirect_uri", "https://app.example/return?x=1"),
      ("redirect_uri", "https://app.example/return#f"), ("redirect_uri", "https://app.example.evil/return"),
      ("redirect_uri", "https://APP.example/return"), ("redirect_uri", "https://app.example/RETURN"),
      ("redirect_uri", "http://app.example/return"), ("redirect_uri", "https://a@app.example/return"),
      ("redirect_uri", "http://127.0.0.1:99/other"), ("redirect_uri", "http://127.0.0.1.evil/return"),
      ("redirect_uri", "http://localhost/return"), ("redirect_uri", "javascript:alert(1)"),
    ] as [(String, String?)])
  func page(name: String, value: String?) async throws {
    guard case .failure(.page) = try await check({ $0[name] = value }) else {
      Issue.record("must be shown as a page")
      return
    }
  }

  @Test(
    "a loopback address of a client with a secret is compared exactly: it is no native app; a server for tests may be kinder",
    arguments: [false, true])
  func loopbackOfServer(isKind: Bool) async throws {
    fixture.server.policy.confidentialMayVaryLoopbackPort = isKind
    await fixture.storage.register(
      .confidential(
        id: "web", secret: "x", name: "Web", redirectURIs: ["http://127.0.0.1:3000/return"], scopes: ["order"]))
    for (uri, isGood) in [("http://127.0.0.1:3000/return", true), ("http://127.0.0.1:3001/return", isKind)] {
      let result = try await check {
        $0["client_id"] = "web"
        $0["redirect_uri"] = uri
      }
      #expect(((try? result.get()) != nil) == isGood)
    }
  }

  @Test("a server with a name sends it with each answer, good or bad (RFC 9207)")
  func issuer() async throws {
    let fixture = OAuthFixture(issuer: { "https://auth.example" })
    let request = try await fixture.server.authorizationRequest(FormParameters(fixture.parameters)).get()
    let good = try await fixture.server.allow(request, subject: "alice")
    let bad = fixture.server.refusal(
      OAuthError(.accessDenied, .other, "No."), to: OAuthFixture.redirect, state: nil)
    for location in [good, bad] { #expect(location.contains("&iss=https%3A%2F%2Fauth.example")) }
    let silent = try await self.fixture.server.allow(check { _ in }.get(), subject: "alice")
    #expect(!silent.contains("iss="))
  }

  @Test("a loopback address may have any port", arguments: ["", ":1", ":54321"])
  func loopback(port: String) async throws {
    let uri = "http://127.0.0.1\(port)/return"
    #expect(try await check { $0["redirect_uri"] = uri }.get().redirectURI == uri)
  }

  @Test(
    "other mistakes are sent to the client, with its state",
    arguments: [
      ("response_type", nil, .invalidRequest), ("response_type", "token", .unsupportedResponseType),
      ("response_type", "code token", .unsupportedResponseType), ("scope", nil, .invalidScope),
      ("scope", "admin", .invalidScope), ("scope", "order \"", .invalidScope),
      ("code_challenge", nil, .invalidRequest), ("code_challenge", "short", .invalidRequest),
      ("code_challenge", String(repeating: "a", count: 44), .invalidRequest),
      ("code_challenge_method", "plain", .invalidRequest), ("code_challenge_method", nil, .invalidRequest),
      ("code_challenge_method", "s256", .invalidRequest),
    ] as [(String, String?, OAuthError.Code)])
  func redirected(name: String, value: String?, code: OAuthError.Code) async throws {
    guard case .failure(.redirect(let error, let uri, let state)) = try await check({ $0[name] = value }) else {
      Issue.record("must be redirected")
      return
    }
    #expect(error.code == code)
    #expect(uri == OAuthFixture.redirect)
    #expect(state == "s&t")
    let location = fixture.server.refusal(error, to: uri, state: state)
    #expect(location.contains("error=\(code.rawValue)&"))
    #expect(location.hasSuffix("&state=s%26t"))
  }

  @Test("a repeated parameter is refused; a repeated address is not even redirected to")
  func repeated() async throws {
    let query = "client_id=app&redirect_uri=https://app.example/return&response_type=code&scope=order"
    let twice = try #require(FormParameters(urlEncoded: query + "&scope=order"))
    guard case .failure(.redirect(let error, _, _)) = try await fixture.server.authorizationRequest(twice) else {
      Issue.record("must be redirected")
      return
    }
    #expect(error.cause == .repeated(parameter: "scope"))
    let address = try #require(FormParameters(urlEncoded: query + "&redirect_uri=https://app.example/return"))
    guard case .failure(.page) = try await fixture.server.authorizationRequest(address) else {
      Issue.record("must be shown as a page")
      return
    }
  }

  @Test("an answer is added to the query that a registered address already has")
  func existingQuery() async throws {
    let request = try await check {
      $0["client_id"] = "web"
      $0["redirect_uri"] = "https://web.example/return?a=1"
      $0["code_challenge"] = nil
      $0["code_challenge_method"] = nil
    }.get()
    let location = try await fixture.server.allow(request, subject: "alice")
    #expect(location.hasPrefix("https://web.example/return?a=1&code="))
  }

  @Test("plain is accepted where the policy says so, and is the method that no name means")
  func plain() async throws {
    let fixture = OAuthFixture { $0.allowsPlainChallenge = true }
    let code = try await fixture.code {
      $0["code_challenge"] = OAuthFixture.verifier
      $0["code_challenge_method"] = nil
    }
    _ = try await fixture.token(fixture.redemption(code))
  }
}
