import Foundation
import NIOHTTP1
import OAuthServer
import Testing

@testable import ReplenishCloud

@Suite("Connected apps and what they see", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct ConnectedAppTests {
  @Test("the page shows each app, what it may do, since when and when last; ending one ends it at once")
  func page() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      #expect(try await owner.get(cloud.pages + "/apps").text.contains("no app"))
      let (hub, other) = (try await cloud.app("Hub <1>"), try await cloud.app("Other"))
      let tokens = try await hub.connected(owner)
      cloud.clock.advance(1)
      let kept = try await other.connected(owner, ["scope": "devices:identify"])
      // Allowed, but the app never fetched its tokens.
      _ = try await cloud.app("Never").code(owner)
      cloud.clock.advance(3599)
      _ = try await hub.refresh(tokens.refresh)
      let page = try await owner.get(cloud.pages + "/apps")
      #expect(page.text.contains("Hub &lt;1&gt;") && page.text.contains("Other") && !page.text.contains("Never"))
      #expect(page.text.contains("since 2027-01-15 08:00 UTC, last used 2027-01-15 09:00 UTC"))
      #expect(page.text.contains("model and name") && page.text.contains("blink"))
      let forms = try await cloud.endForms(owner)
      try #require(forms.count == 2)
      #expect(try await owner.send(.POST, forms[0].address, form: forms[0].fields).location == "/apps")
      #expect(try await hub.refresh(tokens.refresh).error == "invalid_grant")
      #expect(try await other.refresh(kept.refresh).status == 200)
      #expect(try await cloud.endForms(owner).count == 1)
    }
  }

  @Test("an app that was connected again is one app: none of its grants ends another one, and one form ends them all")
  func again() async throws {
    try await CloudFixture().run { cloud in
      let (owner, neighbour) = (try await cloud.owner(), try await cloud.owner("other@example.com"))
      let app = try await cloud.app("Kitchen Hub")
      let (first, theirs) = (try await app.connected(owner), try await app.connected(neighbour))
      #expect(try await !owner.get(cloud.pages + "/apps").text.contains("times"))
      cloud.clock.advance(60)
      let second = try await app.connected(owner, ["scope": "devices:identify"])
      // A second phone or household may have it.
      #expect(try await app.isAlive(first.access))
      let page = try await owner.get(cloud.pages + "/apps").text
      #expect(
        page.contains("You connected it 2 times")
          && page.contains("since 2027-01-15 08:00 UTC, last used 2027-01-15 08:01"))
      #expect(page.contains("model and name") && page.contains("blink"))
      let forms = try await cloud.endForms(owner)
      try #require(forms.count == 1)
      #expect(try await owner.send(.POST, forms[0].address, form: forms[0].fields).location == "/apps")
      for tokens in [first, second] { #expect(try await app.refresh(tokens.refresh).error == "invalid_grant") }
      #expect(try await app.isAlive(theirs.access))
      #expect(try await owner.get(cloud.pages + "/apps").text.contains("no app"))
    }
  }

  @Test("nobody ends another owner's app, and no other site does")
  func boundaries() async throws {
    try await CloudFixture().run { cloud in
      let (owner, other) = (try await cloud.owner(), try await cloud.owner("other@example.com"))
      let app = try await cloud.app()
      let (mine, others) = (try await app.connected(owner), try await app.connected(other))
      let form = try #require(try await cloud.endForms(owner).first)
      #expect(try await other.send(.POST, form.address, form: form.fields).status == 400)
      #expect(try await owner.send(.POST, form.address, form: [:]).status == 400)
      #expect(
        try await owner.send(.POST, form.address, form: form.fields, headers: ["Sec-Fetch-Site": "cross-site"]).status
          == 400)
      for token in [mine.access, others.access] { #expect(try await app.isAlive(token)) }
      // The address names the app and not the owner: with a form of one's own, one ends what is one's own.
      let own = try #require(try await cloud.endForms(other).first)
      #expect(own.address == form.address && own.fields != form.fields)
      #expect(try await other.send(.POST, own.address, form: own.fields).status == 303)
      #expect(try await app.isAlive(mine.access))
      #expect(try await !app.isAlive(others.access))
      #expect(try await cloud.browser().get(cloud.pages + "/apps").status == 303)
    }
  }

  @Test("a new password ends sessions and keeps apps, and says so")
  func password() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let tokens = try await app.connected(owner)
      let changed = try await owner.post(
        cloud.pages + "/account", ["old": CloudFixture.password, "password": "another password"])
      #expect(changed.status == 200 && changed.text.contains("Apps stay connected"))
      #expect(try await owner.get(cloud.pages + "/apps").status == 303)
      #expect(try await app.isAlive(tokens.access))
    }
  }

  @Test("erasure ends every app at once, and then no row is left; the export says what there was")
  func erasure() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let tokens = try await app.connected(owner)
      let device = try await cloud.device()
      try await cloud.with(device) {
        _ = try await cloud.claim(device, owner)
        let shown = try #require(try await app.devices(tokens.access).members["devices"] as? [[String: Any]])
        let id = try #require(shown.first?["id"] as? String)
        let grant = try #require(try await cloud.cloud.grants.grant(accessToken: tokens.access))
        let export = try await owner.get(cloud.pages + "/account/export")
        let apps = try #require(export.members["apps"] as? [[String: Any]])
        #expect(apps.first?["name"] as? String == "Kitchen Hub" && apps.first?["userId"] as? String == grant.userID)
        let grants = try #require(apps.first?["grants"] as? [[String: Any]])
        #expect(grants.first?["scope"] as? String == "devices:read" && grants.count == 1)
        #expect((export.members["devices"] as? [[String: Any]])?.first?["idForApps"] as? String == id)
        for secret in [tokens.access, tokens.refresh, grant.id] { #expect(!export.text.contains(secret)) }

        _ = try await owner.post(cloud.pages + "/account/delete", ["password": CloudFixture.password])
        #expect(try await app.devices(tokens.access).status == 401)
        #expect(try await app.refresh(tokens.refresh).error == "invalid_grant")
        #expect(try await !cloud.cloud.grants.isStanding(grant.id))
        try await cloud.eventually("nothing is left") {
          try await cloud.storage.places(of: [grant.owner, grant.userID, grant.id, id]).isEmpty
        }
        #expect(try await cloud.storage.clients().count == 1)
      }
    }
  }

  @Test("no app does anything for an erased account while Amazon is still being told of its links")
  func erasureBegins() async throws {
    try await CloudFixture().run { cloud in
      let app = try await cloud.app()
      let tokens = try await app.connected(try await cloud.owner())
      let kept = try await app.connected(try await cloud.owner("other@example.com"))
      let grant = try #require(try await cloud.cloud.grants.grant(accessToken: tokens.access))
      #expect(try await cloud.storage.beginErasure(of: grant.owner, at: cloud.clock.now))
      #expect(try await !cloud.cloud.grants.isStanding(grant.id))
      #expect(try await app.devices(tokens.access).status == 401)
      #expect(try await app.refresh(tokens.refresh).error == "invalid_grant")
      #expect(try await cloud.rows("access_grant") == 1)
      #expect(try await app.isAlive(kept.access))
      #expect(try await cloud.storage.userID(of: grant.owner, towards: app.id) == nil)
    }
  }

  @Test("an app sees the devices of the owner who allowed it, under names that tell nothing, and no other's")
  func devices() async throws {
    try await CloudFixture().run { cloud in
      let (owner, other) = (try await cloud.owner(), try await cloud.owner("other@example.com"))
      let app = try await cloud.app()
      let (mine, others) = (try await app.connected(owner), try await app.connected(other))
      let devices = [try await cloud.device(), try await cloud.device(), try await cloud.device()]
      try await cloud.with(devices[0], devices[1], devices[2]) {
        func seen(_ tokens: Tokens) async throws -> [[String: String]] {
          let answer = try await app.devices(tokens.access)
          #expect(answer.status == 200 && answer.headers.first(name: "Cache-Control") == "no-store")
          for device in devices { #expect(!answer.text.contains(device.serial)) }
          return try #require(answer.members["devices"] as? [[String: String]])
        }
        #expect(try await seen(mine) == [])
        let path = try await cloud.claim(devices[0], owner)
        _ = try await cloud.claim(devices[1], owner)
        _ = try await cloud.claim(devices[2], other)
        let first = try await seen(mine)
        #expect(first.map { $0["name"] } == ["CoffeeMaker-9000", "CoffeeMaker-9000 (2)"])
        #expect(first.allSatisfy { $0["model"] == "CoffeeMaker-9000" && $0.count == 3 })
        #expect(first.allSatisfy { $0["id"]?.wholeMatch(of: /[0-9a-f]{32}/) != nil })
        #expect(try await seen(mine) == first)
        let theirs = try await seen(others)
        #expect(theirs.count == 1 && !first.map { $0["id"] }.contains(theirs[0]["id"]))
        // Given away, the device is another one for the next owner's apps.
        let page = try await owner.get(cloud.pages + path)
        _ = try await owner.send(
          .POST, cloud.pages + path + "/release", form: ["csrf": page.formToken(path + "/release")])
        #expect(try await seen(mine).count == 1)
        _ = try await cloud.claim(devices[0], other)
        let after = try await seen(others).map { $0["id"] }
        #expect(after.count == 2 && !after.contains(first[0]["id"]))
      }
    }
  }

  @Test(
    "RFC 6750: no token, a garbled one, a dead one, one without the scope; a header in a proxy's name changes nothing")
  func bearer() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let browser = cloud.browser()
      func ask(_ headers: HTTPHeaders) async throws -> (status: UInt, error: String?, challenge: String) {
        let answer = try await browser.get(cloud.pages + "/v1/devices", headers: headers)
        return (answer.status, answer.error, answer.headers.first(name: "WWW-Authenticate") ?? "")
      }
      let none = try await ask([:])
      #expect(none.status == 401 && none.challenge == "Bearer realm=\"replenish-cloud\"")
      // A session of the pages is worth nothing here.
      #expect(try await owner.get(cloud.pages + "/v1/devices").status == 401)
      for garbled in ["Bearer", "Bearer ", "Basic eDp5", "Bearer a b", "Bearer ä"] {
        let answer = try await ask(["Authorization": garbled])
        #expect(answer.status == 400 && answer.challenge.contains("error=\"invalid_request\""), "\(garbled)")
      }
      let tokens = try await app.connected(owner)
      let twice = try await ask([
        "Authorization": "Bearer " + tokens.access, "authorization": "Bearer " + tokens.access,
      ])
      #expect(twice.status == 400)
      for dead in ["unknown", tokens.refresh] {
        let answer = try await ask(["Authorization": "Bearer " + dead, "X-Forwarded-User": "owner@example.com"])
        #expect(answer.status == 401 && answer.error == "invalid_token", "\(dead)")
        #expect(answer.challenge.contains("error=\"invalid_token\""))
      }
      let narrow = try await app.connected(owner, ["scope": "devices:identify"])
      let forbidden = try await ask(["Authorization": "Bearer " + narrow.access])
      #expect(forbidden.status == 403 && forbidden.challenge.contains("scope=\"devices:read\""))
      #expect(forbidden.challenge.contains("error=\"insufficient_scope\""))
      #expect(try await ask(["Authorization": "bearer " + tokens.access]).status == 200)
      cloud.clock.advance(3600)
      #expect(try await ask(["Authorization": "Bearer " + tokens.access]).error == "invalid_token")
    }
  }

  @Test(
    "an app that could not work, or could lie, is not entered, and the reason is told",
    arguments: [
      ("", ["https://a.example/"], ["devices:read"], false, "name"),
      ("A\u{202E}B", ["https://a.example/"], ["devices:read"], false, "name"),
      ("A\nB", ["https://a.example/"], ["devices:read"], false, "name"),
      ("A", ["http://a.example/"], ["devices:read"], false, "http://a.example/"),
      ("A", ["https://a.example/#x"], ["devices:read"], false, "#x"),
      ("A", ["javascript:alert(1)"], ["devices:read"], true, "javascript"),
      ("A", ["https://a.example/"], ["dash:replenish"], false, "dash:replenish"),
      ("A", ["https://a.example/"], [], false, "together"), ("A", [], ["devices:read"], false, "together"),
      ("A", [], [], false, "needs"),
    ] as [(String, [String], [String], Bool, String)])
  func entry(name: String, redirects: [String], scopes: [String], isPublic: Bool, word: String) throws {
    do {
      _ = try ClientEntry.draw(
        name: name, redirectURIs: redirects, scopes: scopes, isPublic: isPublic, mayIntrospect: false)
      Issue.record("must be refused")
    } catch let mistake as ClientEntry.Mistake {
      #expect(mistake.description.contains(word))
    }
  }

  @Test("a client id is one word of a command line: it begins with no hyphen")
  func identifier() throws {
    for _ in 0..<500 {
      let (client, _) = try ClientEntry.draw(
        name: "A", redirectURIs: [], scopes: [], isPublic: false, mayIntrospect: true)
      #expect(client.id.wholeMatch(of: /[0-9a-f]{24}/) != nil, "\(client.id)")
    }
  }
}
