import Foundation
import NIOHTTP1
import OAuthServer
import Testing

@testable import ReplenishCloud

@Suite("Grants", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct GrantTests {
  @Test("everything survives a restart, and two instances are as one")
  func instances() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app(isPublic: true)
      let first = try await app.connected(owner)
      let storage = try await cloud.fixture.open()
      let clock = cloud.clock
      let other = OwnerGrants(storage: storage, issuer: { "http://localhost" }, now: { clock.now })
      #expect(try await other.grant(accessToken: first.access) != nil)
      let fields = ["grant_type": "refresh_token", "refresh_token": first.refresh, "client_id": app.id]
      let there = try await other.server.token(FormParameters(fields), authorization: nil)
      let here = try Tokens(try await app.refresh(there.refreshToken))
      #expect(try await app.refresh(first.refresh).error == "invalid_grant")
      #expect(try await other.grant(accessToken: here.access) == nil)
      let code = try await app.code(owner)
      let redemption = [
        "grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect, "client_id": app.id,
        "code_verifier": App.verifier,
      ]
      let outcomes = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<4 {
          group.addTask { (try? await other.server.token(FormParameters(redemption), authorization: nil)) != nil }
          group.addTask { (try? await app.redeem(code))?.status == 200 }
        }
        return await group.reduce(into: [Bool]()) { $0.append($1) }
      }
      #expect(outcomes.count { $0 } <= 1)
      #expect(try await cloud.rows("access_grant") == 0, "a code that came twice leaves no grant")
      try await storage.close()
    }
  }

  @Test("two successors of one refresh token, used at one instant by two instances, do not both live on")
  func siblings() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app(isPublic: true)
      let storage = try await cloud.fixture.open()
      for _ in 0..<10 {
        let first = try await app.connected(owner)
        let pair = [try Tokens(try await app.refresh(first.refresh)), try Tokens(try await app.refresh(first.refresh))]
        let now = cloud.clock.now
        async let left = cloud.storage.confirmRefreshToken(SecretDigest(pair[0].refresh), at: now)
        async let right = storage.confirmRefreshToken(SecretDigest(pair[1].refresh), at: now)
        #expect(try await [left, right].count { $0 } == 1)
      }
      try await storage.close()
    }
  }

  @Test("an owner has one name towards an app, always the same, and another one towards another app")
  func names() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let (app, second) = (try await cloud.app(), try await cloud.app("Second"))
      func userID(_ app: App, _ browser: Browser) async throws -> String {
        let token = try await app.connected(browser).access
        let grant = try #require(try await cloud.cloud.grants.grant(accessToken: token))
        #expect(grant.scope == ["devices:read"] && grant.clientID == app.id)
        #expect(grant.userID.wholeMatch(of: /[A-Za-z0-9]{1,64}/) != nil && grant.userID != grant.owner)
        return grant.userID
      }
      let name = try await userID(app, owner)
      #expect(try await userID(app, owner) == name)
      for form in try await cloud.endForms(owner) { _ = try await owner.send(.POST, form.address, form: form.fields) }
      #expect(try await cloud.rows("access_grant") == 0)
      #expect(try await userID(app, owner) == name)
      #expect(try await userID(second, owner) != name)
      #expect(try await userID(app, cloud.owner("other@example.com")) != name)
    }
  }

  @Test(
    "revocation reaches the grant from the refresh token and from the access token, also an old one; then 200 again")
  func revocation() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let thief = try await cloud.app("Thief")
      for (wait, usesRefresh) in [(0.0, true), (0, false), (7200, false), (200 * 86_400, false)] {
        let tokens = try await app.connected(owner)
        cloud.clock.advance(wait)
        try await cloud.storage.sweep(at: cloud.clock.now)
        let token = usesRefresh ? tokens.refresh : tokens.access
        #expect(try await thief.post("/revoke", ["token": token]).status == 400)
        #expect(try await app.post("/revoke", ["token": token, "client_secret": "wrong"]).status == 401)
        #expect(try await app.refresh(tokens.refresh).status == 200)
        for authorization in [nil, app.basic] {
          #expect(try await app.post("/revoke", ["token": token], authorization: authorization).status == 200)
        }
        #expect(try await app.refresh(tokens.refresh).error == "invalid_grant")
        #expect(try await cloud.rows("access_grant") == 0)
        #expect(try await cloud.rows("refresh_token") == 0)
      }
      #expect(try await app.post("/revoke", ["token": "unknown"]).status == 200)
    }
  }

  @Test("the connector's questions: whose is a token, does its grant still stand, end it by an expired token")
  func accessGrants() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let tokens = try await app.connected(owner)
      let grants = cloud.cloud.grants
      let grant = try #require(try await grants.grant(accessToken: tokens.access))
      #expect(grant.owner == (try await cloud.storage.owner(email: "owner@example.com"))?.id)
      #expect(try await grants.isStanding(grant.id))
      #expect(try await grants.grant(accessToken: tokens.refresh) == nil)
      cloud.clock.advance(30 * 86_400)
      try await cloud.storage.sweep(at: cloud.clock.now)
      #expect(try await grants.grant(accessToken: tokens.access) == nil)
      #expect(try await grants.isStanding(grant.id))
      try await grants.revoke(grantOf: tokens.access, to: "another client")
      #expect(try await grants.isStanding(grant.id))
      for _ in 0..<2 { try await grants.revoke(grantOf: tokens.access, to: app.id) }
      try await grants.revoke(grantOf: "unknown", to: app.id)
      #expect(try await !grants.isStanding(grant.id))
    }
  }

  @Test("introspection: a resource server asks about every token, an app about its own, nobody else about any")
  func introspection() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let (app, gateway) = (try await cloud.app(), try await cloud.resourceServer())
      let token = try await app.connected(owner).access
      for asking in [gateway, app] {
        let answer = try await asking.post("/introspect", ["token": token], authorization: asking.basic)
        #expect(answer.status == 200 && answer.members["active"] as? Bool == true)
        #expect(
          answer.members["scope"] as? String == "devices:read" && answer.members["client_id"] as? String == app.id)
        let grant = try await cloud.cloud.grants.grant(accessToken: token)
        #expect(answer.members["sub"] as? String == grant?.userID && grant != nil)
        #expect(answer.members["iss"] as? String == "http://localhost")
        #expect(answer.members["exp"] as? Int == Int(cloud.clock.now.timeIntervalSince1970) + 3600)
        #expect(!answer.text.contains("owner@example.com"))
      }
      let thief = try await cloud.app("Thief")
      let nothing = try await thief.post("/introspect", ["token": token])
      #expect(nothing.status == 200 && nothing.members.count == 1 && nothing.members["active"] as? Bool == false)
      let phone = try await cloud.app("Phone", isPublic: true)
      #expect(try await phone.post("/introspect", ["token": token]).status == 400)
      #expect(try await gateway.post("/introspect", ["token": token, "client_secret": "x"]).status == 401)
      cloud.clock.advance(3600)
      #expect(try await gateway.post("/introspect", ["token": token]).members["active"] as? Bool == false)
    }
  }

  @Test(
    "what can no longer matter is forgotten: unredeemed codes, replaced refresh tokens, access tokens but the newest")
  func sweep() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app(isPublic: true)
      _ = try await app.code(owner)
      var tokens = try await app.connected(owner)
      for _ in 0..<5 { tokens = try Tokens(try await app.refresh(tokens.refresh)) }
      #expect(try await cloud.rows("access_grant") == 2)
      #expect(try await cloud.rows("refresh_token") == 6)
      cloud.clock.advance(3601)
      try await cloud.storage.sweep(at: cloud.clock.now)
      #expect(try await cloud.rows("access_grant") == 1)
      #expect(try await cloud.rows("access_token") == 6)
      tokens = try Tokens(try await app.refresh(tokens.refresh))
      cloud.clock.advance(8 * 86_400)
      try await cloud.storage.sweep(at: cloud.clock.now)
      let left = try await ["authorization_code", "access_token", "refresh_token"].asyncMap(cloud.rows)
      // The token before the last one is replaced only once the last one is used.
      #expect(left == [0, 1, 2])
      #expect(try await app.refresh(tokens.refresh).status == 200)
    }
  }

  @Test("a client that is removed can do nothing any more")
  func removedClient() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let tokens = try await app.connected(owner)
      #expect(try await cloud.storage.removeClient(app.id))
      #expect(try await !cloud.storage.removeClient(app.id))
      #expect(try await app.devices(tokens.access).status == 401)
      #expect(try await app.refresh(tokens.refresh).error == "invalid_client")
      #expect(try await owner.get(app.address()).status == 400)
      for table in ["client_user", "access_grant", "authorization_code", "access_token", "refresh_token"] {
        #expect(try await cloud.rows(table) == 0, "\(table)")
      }
    }
  }
}

extension CloudFixture.Running {
  /// How many rows a table has.
  func rows(_ table: String) async throws -> Int {
    try await storage.database.read { try $0.value("SELECT COUNT(*) FROM \(table)") ?? -1 }
  }

  /// The forms on the page of connected apps.
  func endForms(_ owner: Browser) async throws -> [(address: String, fields: [String: String])] {
    let page = try await owner.get(pages + "/apps")
    return page.text.matches(of: /action="(\/apps\/[^"]+\/end)"/).map { match in
      let path = String(match.output.1)
      return (pages + path, ["csrf": page.formToken(path)])
    }
  }
}

extension Array {
  func asyncMap<Value>(_ work: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await work(element)) }
    return values
  }
}
