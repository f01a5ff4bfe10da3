import Foundation
import Testing

@testable import OAuthServer

@Suite("Introspection")
struct IntrospectionTests {
  let fixture = OAuthFixture { $0.rotation = .off }

  private func introspect(_ token: String?, _ client: String, _ secret: String?) async throws -> Introspection? {
    var fields = ["client_id": client]
    fields["token"] = token
    fields["client_secret"] = secret
    return try await fixture.server.introspect(FormParameters(fields), authorization: nil)
  }

  @Test("a resource server learns of every living access token what it allows, until it dies")
  func resourceServer() async throws {
    let answer = try await fixture.linked()
    let found = try #require(try await introspect(answer.accessToken, "resources", "r-secret"))
    #expect(found.grant.clientID == "app" && found.grant.subjectIdentifier == "alice" && found.scope.words == ["order"])
    #expect(found.expiresAt == fixture.server.now() + 3600)
    fixture.wait(60)
    _ = try await introspect(answer.accessToken, "resources", "r-secret")
    #expect(await fixture.storage.grant(id: found.grant.id)?.lastUsedAt == fixture.server.now())
    fixture.wait(3540)
    #expect(try await introspect(answer.accessToken, "resources", "r-secret") == nil)
  }

  @Test("another client learns of its own tokens only")
  func own() async throws {
    let (app, web) = (try await fixture.linked(), try await fixture.linkedWeb())
    #expect(try await introspect(web.accessToken, "web", "s:e%c+r t") != nil)
    #expect(try await introspect(app.accessToken, "web", "s:e%c+r t") == nil)
  }

  @Test("nothing is told of refresh tokens, revoked ones and made up ones")
  func dead() async throws {
    let answer = try await fixture.linked()
    for token in [answer.refreshToken, "made-up"] {
      #expect(try await introspect(token, "resources", "r-secret") == nil)
    }
    try await fixture.server.revokeGrant(ofAccessToken: answer.accessToken, clientID: "app")
    #expect(try await introspect(answer.accessToken, "resources", "r-secret") == nil)
  }

  @Test("who has no secret, or not the right one, or sends no token, is refused")
  func refused() async throws {
    let token = try await fixture.linked().accessToken
    #expect(await fixture.refusal { try await introspect(token, "app", nil) as Any } == .unauthorizedClient)
    #expect(await fixture.refusal { try await introspect(token, "resources", "wrong") as Any } == .invalidClient)
    #expect(await fixture.refusal { try await introspect(token, "resources", nil) as Any } == .invalidClient)
    #expect(await fixture.refusal { try await introspect(nil, "resources", "r-secret") as Any } == .invalidRequest)
  }
}
