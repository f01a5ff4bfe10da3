import Foundation
import Testing

@testable import OAuthServer

@Suite("Refresh, rotation, revocation")
struct RefreshTests {
  @Test("without rotation the same refresh token comes back and keeps working")
  func off() async throws {
    let fixture = OAuthFixture { $0.rotation = .off }
    let first = try await fixture.linked()
    for _ in 0..<3 {
      let answer = try await fixture.refresh(first.refreshToken)
      #expect(answer.refreshToken == first.refreshToken)
      #expect(answer.accessToken != first.accessToken)
      #expect(try await fixture.isAlive(answer.accessToken))
    }
  }

  @Test("strict rotation: a second use of an old token kills the family")
  func strict() async throws {
    let fixture = OAuthFixture { $0.rotation = .strict }
    let first = try await fixture.linked()
    let second = try await fixture.refresh(first.refreshToken)
    #expect(second.refreshToken != first.refreshToken)
    #expect(await fixture.refusal { try await fixture.refresh(first.refreshToken) } == .invalidGrant)
    #expect(await fixture.refusal { try await fixture.refresh(second.refreshToken) } == .invalidGrant)
    #expect(try await !fixture.isAlive(second.accessToken))
  }

  @Test("rotation with grace: the old token works a while, then kills the family")
  func grace() async throws {
    let fixture = OAuthFixture { $0.rotation = .grace(seconds: 30) }
    let first = try await fixture.linked()
    let second = try await fixture.refresh(first.refreshToken)
    fixture.wait(30)
    let third = try await fixture.refresh(first.refreshToken)
    #expect(third.refreshToken != second.refreshToken)
    _ = try await fixture.refresh(second.refreshToken)
    fixture.wait(1)
    #expect(await fixture.refusal { try await fixture.refresh(first.refreshToken) } == .invalidGrant)
    #expect(await fixture.refusal { try await fixture.refresh(third.refreshToken) } == .invalidGrant)
  }

  @Test("until the successor is used the old token works; after that it kills the family")
  func successor() async throws {
    let fixture = OAuthFixture { $0.rotation = .untilSuccessorUsed }
    let first = try await fixture.linked()
    let lost = try await fixture.refresh(first.refreshToken)
    fixture.wait(30 * 86_400)
    let second = try await fixture.refresh(first.refreshToken)
    #expect(Set([first.refreshToken, lost.refreshToken, second.refreshToken]).count == 3)
    let third = try await fixture.refresh(second.refreshToken)
    #expect(try await fixture.isAlive(third.accessToken))
    #expect(await fixture.refusal { try await fixture.refresh(first.refreshToken) } == .invalidGrant)
    #expect(try await !fixture.isAlive(third.accessToken))
    #expect(await fixture.refusal { try await fixture.refresh(third.refreshToken) } == .invalidGrant)
  }

  @Test("until the successor is used: of two successors the first one used ends the other")
  func siblings() async throws {
    let fixture = OAuthFixture { $0.rotation = .untilSuccessorUsed }
    let first = try await fixture.linked()
    let thiefs = try await fixture.refresh(first.refreshToken)
    let owners = try await fixture.refresh(first.refreshToken)
    let next = try await fixture.refresh(owners.refreshToken)
    #expect(await fixture.refusal { try await fixture.refresh(thiefs.refreshToken) } == .invalidGrant)
    #expect(try await !fixture.isAlive(next.accessToken))
  }

  @Test("until the successor is used: two successors used at one instant cannot both live on")
  func siblingRace() async throws {
    let fixture = OAuthFixture { $0.rotation = .untilSuccessorUsed }
    for _ in 0..<20 {
      let first = try await fixture.linked()
      let pair = [try await fixture.refresh(first.refreshToken), try await fixture.refresh(first.refreshToken)]
      let answers = await withTaskGroup(of: TokenAnswer?.self) { group in
        for token in pair { group.addTask { try? await fixture.refresh(token.refreshToken) } }
        return await group.reduce(into: [TokenAnswer]()) { if let answer = $1 { $0.append(answer) } }
      }
      #expect(answers.count <= 1)
      for answer in answers { #expect(try await !fixture.isAlive(answer.accessToken)) }
    }
  }

  @Test("a client with a secret may have a rotation of its own")
  func confidential() async throws {
    let fixture = OAuthFixture {
      $0.rotation = .strict
      $0.confidentialRotation = .off
    }
    let web = try await fixture.linkedWeb()
    let fields = [
      "grant_type": "refresh_token", "refresh_token": web.refreshToken, "client_id": "web",
      "client_secret": "s:e%c+r t",
    ]
    for _ in 0..<2 { #expect(try await fixture.token(fields).refreshToken == web.refreshToken) }
    let app = try await fixture.linked()
    #expect(try await fixture.refresh(app.refreshToken).refreshToken != app.refreshToken)
  }

  @Test("strict rotation: of simultaneous uses at most one gets tokens, and they are dead")
  func race() async throws {
    let fixture = OAuthFixture { $0.rotation = .strict }
    let first = try await fixture.linked()
    let answers = await withTaskGroup(of: TokenAnswer?.self) { group in
      for _ in 0..<8 { group.addTask { try? await fixture.refresh(first.refreshToken) } }
      return await group.reduce(into: [TokenAnswer]()) { if let answer = $1 { $0.append(answer) } }
    }
    #expect(answers.count <= 1)
    for answer in answers { #expect(try await !fixture.isAlive(answer.accessToken)) }
  }

  @Test("a refresh token belongs to its client, and another client's try does not use it up")
  func binding() async throws {
    let fixture = OAuthFixture()
    let first = try await fixture.linked()
    #expect(await fixture.refusal { try await fixture.refresh(first.refreshToken, client: "other") } == .invalidGrant)
    _ = try await fixture.refresh(first.refreshToken)
  }

  @Test("the scope can shrink, not grow, and the grant keeps its own")
  func scope() async throws {
    let fixture = OAuthFixture { $0.rotation = .off }
    let code = try await fixture.code { $0["scope"] = "order profile" }
    let first = try await fixture.token(fixture.redemption(code))
    let fields = ["grant_type": "refresh_token", "refresh_token": first.refreshToken, "client_id": "app"]
    let less = try await fixture.token(fields.merging(["scope": "profile"]) { $1 })
    #expect(less.scope.words == ["profile"])
    #expect(try await fixture.server.authorized(by: less.accessToken)?.scope.words == ["profile"])
    #expect(try await fixture.refresh(first.refreshToken).scope.words == ["order", "profile"])
    let more = fields.merging(["scope": "order profile admin"]) { $1 }
    #expect(await fixture.refusal { try await fixture.token(more) } == .invalidScope)
  }

  @Test("an access token dies after its lifetime")
  func expiry() async throws {
    let fixture = OAuthFixture { $0.accessTokenLifetime = 10 }
    let answer = try await fixture.linked()
    #expect(answer.expiresIn == 10)
    fixture.wait(9)
    #expect(try await fixture.isAlive(answer.accessToken))
    fixture.wait(1)
    #expect(try await !fixture.isAlive(answer.accessToken))
  }

  private func revoke(_ fixture: OAuthFixture, _ token: String, client: String = "app") async throws {
    try await fixture.server.revoke(FormParameters(["token": token, "client_id": client]), authorization: nil)
  }

  @Test("revoking a refresh token takes the family with it")
  func revokeRefresh() async throws {
    let fixture = OAuthFixture()
    let answer = try await fixture.linked()
    try await revoke(fixture, answer.refreshToken)
    #expect(try await !fixture.isAlive(answer.accessToken))
    #expect(await fixture.refusal { try await fixture.refresh(answer.refreshToken) } == .invalidGrant)
    try await revoke(fixture, answer.refreshToken)
  }

  @Test("revoking an access token leaves the refresh token")
  func revokeAccess() async throws {
    let fixture = OAuthFixture()
    let answer = try await fixture.linked()
    try await revoke(fixture, answer.accessToken)
    #expect(try await !fixture.isAlive(answer.accessToken))
    _ = try await fixture.refresh(answer.refreshToken)
  }

  @Test("where the policy says so, an access token takes its family along, even after it expired")
  func revokeGrant() async throws {
    for wait in [0.0, 86_400] {
      let fixture = OAuthFixture { $0.accessTokenRevokesGrant = true }
      let answer = try await fixture.linked()
      fixture.wait(wait)
      try await revoke(fixture, answer.accessToken)
      #expect(await fixture.refusal { try await fixture.refresh(answer.refreshToken) } == .invalidGrant)
      try await revoke(fixture, answer.accessToken)
    }
  }

  @Test("a grant is marked used by refreshes and by calls, not more often than the policy says")
  func lastUse() async throws {
    let fixture = OAuthFixture { $0.rotation = .off }
    let answer = try await fixture.linked()
    func used() async throws -> Double {
      let grant = try #require(await fixture.storage.grant(id: answer.grant.id))
      return grant.lastUsedAt.timeIntervalSince(grant.createdAt)
    }
    fixture.wait(59)
    #expect(try await fixture.isAlive(answer.accessToken))
    #expect(try await used() == 0)
    fixture.wait(1)
    #expect(try await fixture.isAlive(answer.accessToken))
    #expect(try await used() == 60)
    fixture.wait(3600)
    #expect(try await !fixture.isAlive(answer.accessToken))
    #expect(try await used() == 60)
    _ = try await fixture.refresh(answer.refreshToken)
    #expect(try await used() == 3660)
  }

  @Test("an unknown token is no error, another client's is")
  func revokeOthers() async throws {
    let fixture = OAuthFixture()
    let answer = try await fixture.linked()
    try await revoke(fixture, "unknown")
    for token in [answer.refreshToken, answer.accessToken] {
      #expect(await fixture.refusal { try await revoke(fixture, token, client: "other") } == .invalidGrant)
    }
    #expect(try await fixture.isAlive(answer.accessToken))
  }

  @Test("what expired is forgotten, what still matters is not")
  func cleaning() async throws {
    let fixture = OAuthFixture { $0.rotation = .off }
    let code = try await fixture.code()
    let answer = try await fixture.token(fixture.redemption(code))
    fixture.wait(7200)
    await fixture.storage.removeExpired(before: fixture.server.now())
    let fresh = try await fixture.refresh(answer.refreshToken)
    #expect(await fixture.refusal { try await fixture.token(fixture.redemption(code)) } == .invalidGrant)
    #expect(try await !fixture.isAlive(fresh.accessToken))
  }
}
