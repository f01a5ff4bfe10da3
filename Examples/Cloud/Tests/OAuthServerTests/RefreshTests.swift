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
