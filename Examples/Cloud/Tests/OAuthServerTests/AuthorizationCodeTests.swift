import Foundation
import Testing
import TextEncodings

@testable import OAuthServer

@Suite("Authorization codes")
struct AuthorizationCodeTests {
  let fixture = OAuthFixture()

  @Test("a code gives tokens that work")
  func good() async throws {
    let answer = try await fixture.linked()
    #expect(answer.expiresIn == 3600)
    #expect(answer.grant.subject == "alice")
    #expect(try await fixture.isAlive(answer.accessToken))
  }

  @Test("the second use of a code fails and kills what the first one gave")
  func reuse() async throws {
    let code = try await fixture.code()
    let answer = try await fixture.token(fixture.redemption(code))
    #expect(await fixture.refusal { try await fixture.token(fixture.redemption(code)) } == .invalidGrant)
    #expect(try await !fixture.isAlive(answer.accessToken))
    #expect(await fixture.refusal { try await fixture.refresh(answer.refreshToken) } == .invalidGrant)
  }

  @Test("two simultaneous uses of a code never both end with living tokens")
  func race() async throws {
    let code = try await fixture.code()
    let answers = await withTaskGroup(of: TokenAnswer?.self) { group in
      for _ in 0..<8 { group.addTask { try? await fixture.token(fixture.redemption(code)) } }
      return await group.reduce(into: [TokenAnswer]()) { if let answer = $1 { $0.append(answer) } }
    }
    #expect(answers.count <= 1)
    for answer in answers { #expect(try await !fixture.isAlive(answer.accessToken)) }
  }

  @Test("a code dies after its lifetime")
  func expiry() async throws {
    let code = try await fixture.code()
    fixture.wait(300)
    #expect(await fixture.refusal { try await fixture.token(fixture.redemption(code)) } == .invalidGrant)
  }

  @Test("a code lives until its lifetime is over")
  func lifetime() async throws {
    let code = try await fixture.code()
    fixture.wait(299)
    _ = try await fixture.token(fixture.redemption(code))
  }

  @Test(
    "a code is bound to its client, address and verifier",
    arguments: [
      ("client_id", "other", .invalidGrant), ("redirect_uri", "http://127.0.0.1/return", .invalidGrant),
      ("redirect_uri", nil, .invalidRequest), ("code_verifier", nil, .invalidRequest),
      ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", .invalidGrant),
      ("code_verifier", "short", .invalidGrant), ("code_verifier", OAuthFixture.challenge, .invalidGrant),
      ("code", nil, .invalidRequest), ("code", "unknown", .invalidGrant), ("client_id", nil, .invalidRequest),
      ("client_id", "unknown", .invalidClient), ("grant_type", nil, .invalidRequest),
      ("grant_type", "password", .unsupportedGrantType), ("grant_type", "client_credentials", .unsupportedGrantType),
    ] as [(String, String?, OAuthError.Code)])
  func binding(name: String, value: String?, code expected: OAuthError.Code) async throws {
    var fields = fixture.redemption(try await fixture.code())
    fields[name] = value
    #expect(await fixture.refusal { try await fixture.token(fields) } == expected)
  }

  @Test("a failed verifier uses the code up")
  func oneGuess() async throws {
    let code = try await fixture.code()
    var fields = fixture.redemption(code)
    fields["code_verifier"] = String(repeating: "x", count: 43)
    #expect(await fixture.refusal { try await fixture.token(fields) } == .invalidGrant)
    #expect(await fixture.refusal { try await fixture.token(fixture.redemption(code)) } == .invalidGrant)
  }

  @Test("a verifier without a challenge is refused")
  func downgrade() async throws {
    let uri = "https://web.example/return?a=1"
    let code = try await fixture.code {
      $0["client_id"] = "web"
      $0["redirect_uri"] = uri
      $0["code_challenge"] = nil
      $0["code_challenge_method"] = nil
    }
    let fields = [
      "grant_type": "authorization_code", "code": code, "redirect_uri": uri, "client_id": "web",
      "client_secret": "s:e%c+r t", "code_verifier": OAuthFixture.verifier,
    ]
    #expect(await fixture.refusal { try await fixture.token(fields) } == .invalidGrant)
  }

  @Test("the storage holds digests, no codes or tokens")
  func digests() async throws {
    let answer = try await fixture.linked()
    let dump = Mirror(reflecting: fixture.storage).children.map { "\($0)" }.joined()
    #expect(dump.contains("alice"), "the dump must see the stored records")
    #expect(!dump.contains(answer.accessToken))
    #expect(!dump.contains(answer.refreshToken))
  }
}

@Suite("Client authentication")
struct ClientAuthenticationTests {
  let fixture = OAuthFixture()

  private func basic(_ id: String, _ secret: String) -> String {
    let pair = percentEncoded(id) + ":" + percentEncoded(secret)
    return "Basic " + Data(pair.utf8).base64EncodedString()
  }

  @Test("a secret is accepted in the header and in the body")
  func good() async throws {
    _ = try await fixture.server.authenticate(FormParameters([:]), authorization: basic("web", "s:e%c+r t"))
    // As many clients send it: not form-encoded.
    let plain = "Basic " + Data("web:s:e%c+r t".utf8).base64EncodedString()
    _ = try await fixture.server.authenticate(FormParameters([:]), authorization: plain)
    let body = FormParameters(["client_id": "web", "client_secret": "s:e%c+r t"])
    _ = try await fixture.server.authenticate(body, authorization: nil)
  }

  @Test("everything else is refused")
  func bad() async throws {
    let server = fixture.server
    let attempts: [([String: String], String?)] = [
      (["client_id": "web"], nil), (["client_id": "web", "client_secret": "wrong"], nil), ([:], basic("web", "wrong")),
      ([:], basic("nobody", "s:e%c+r t")), (["client_secret": "s:e%c+r t"], basic("web", "s:e%c+r t")),
      (["client_id": "app"], basic("web", "s:e%c+r t")), (["client_id": "app", "client_secret": "x"], nil),
      ([:], "Basic ???"), ([:], "Bearer x"),
    ]
    for (fields, header) in attempts {
      let code = await fixture.refusal {
        try await server.authenticate(FormParameters(fields), authorization: header)
      }
      #expect(code == .invalidClient, "\(fields) \(header ?? "")")
    }
  }
}
