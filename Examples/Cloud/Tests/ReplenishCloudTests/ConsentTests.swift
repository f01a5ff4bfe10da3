import Foundation
import NIOHTTP1
import OAuthServer
import Testing

@testable import ReplenishCloud

@Suite("Consent", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct ConsentTests {
  @Test("the page names the app, what it may do in plain words, where the owner goes next, and who is signed in")
  func page() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app("Bob & Sons <Hub>")
      let page = try await owner.get(app.address(["scope": "devices:read devices:identify"]))
      #expect(page.status == 200 && page.text.contains("Bob &amp; Sons &lt;Hub&gt;"))
      for words in ["their model and name", "blink", "cannot order", "hub.example", "owner@example.com", "Refuse"] {
        #expect(page.text.contains(words), "\(words)")
      }
      #expect(!page.text.contains("<script") && !page.text.contains("Sign out"))
      let less = try await owner.get(app.address())
      #expect(!less.text.contains("blink"))
    }
  }

  @Test("an answer carries code, state and the issuer; a refusal carries access_denied")
  func answers() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let allowed = try await app.decide("allow", owner)
      #expect(allowed.status == 303 && allowed.location?.hasPrefix("https://hub.example/return?code=") == true)
      #expect(allowed.parameters["state"] == "s&t" && allowed.parameters["iss"] == "http://localhost")
      let denied = try await app.decide("deny", owner)
      #expect(denied.status == 303 && denied.parameters["error"] == "access_denied")
      #expect(denied.parameters["state"] == "s&t" && denied.parameters["iss"] == "http://localhost")
      #expect(denied.parameters["code"] == nil)
    }
  }

  @Test("consent is never skipped: not the second time, and not for somebody who just signed in")
  func neverSkipped() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      _ = try await app.connected(owner)
      for change: [String: String?] in [[:], ["prompt": "none"], ["approval_prompt": "auto"]] {
        let again = try await owner.get(app.address(change))
        #expect(again.status == 200 && again.text.contains("Allow"))
      }
    }
  }

  @Test(
    "who is not signed in signs in on the same page, comes back to the question, and may turn out to be somebody else")
  func signIn() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      _ = try await cloud.owner("other@example.com")
      let app = try await cloud.app()
      let visitor = cloud.browser()
      let page = try await visitor.get(app.address())
      #expect(page.status == 200 && page.text.contains("continue to Kitchen Hub"))
      let next = try #require(page.text.firstMatch(of: /name="next" value="([^"]+)"/)).output.1
        .replacing("&amp;", with: "&")
      func attempt(_ password: String) async throws -> Seen {
        let form = [
          "csrf": page.formToken(), "next": String(next), "email": "owner@example.com", "password": password,
        ]
        return try await visitor.send(.POST, cloud.pages + "/sign-in", form: form)
      }
      let wrong = try await attempt("not the password")
      #expect(wrong.status == 403 && wrong.text.contains("name=\"next\" value=\"/authorize?"))
      let back = try #require(try await attempt(CloudFixture.password).location)
      #expect(cloud.pages + back == app.address())
      #expect(try await app.code(visitor).isEmpty == false)
      let left = try await app.decide("sign-out", visitor)
      #expect(left.location == back)
      let somebody = try await visitor.get(cloud.pages + back)
      #expect(somebody.text.contains("type=\"password\""))
      #expect(try await visitor.get(cloud.pages + "/account").status == 303)
    }
  }

  @Test("CSRF: a decision without the page's token, with that of another request, or from another site decides nothing")
  func csrf() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let page = try await owner.get(app.address())
      let wider = app.address(["scope": "devices:read devices:identify"])
      let account = try await owner.get(cloud.pages + "/account")
      let tokens = ["", "x", account.formToken("/account"), try await owner.get(wider).formToken()]
      for token in tokens {
        let answer = try await owner.send(.POST, app.address(), form: ["csrf": token, "decision": "allow"])
        #expect(answer.status == 400 && answer.location == nil)
      }
      let good = ["csrf": page.formToken(), "decision": "allow"]
      #expect(try await owner.send(.POST, wider, form: good).status == 400)
      let foreign = try await owner.send(.POST, app.address(), form: good, headers: ["Sec-Fetch-Site": "cross-site"])
      #expect(foreign.status == 400)
      let other = try await cloud.owner("other@example.com")
      #expect(try await other.send(.POST, app.address(), form: good).status == 400)
      #expect(try await owner.send(.POST, app.address(), form: ["csrf": page.formToken()]).status == 400)
      #expect(try await cloud.rows("access_grant") == 0)
      #expect(try await owner.send(.POST, app.address(), form: good).status == 303)
    }
  }

  @Test("session fixation: a session planted before the login cannot consent after it")
  func fixation() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      let app = try await cloud.app()
      let (victim, attacker) = (cloud.browser(), cloud.browser())
      let planted = try await attacker.get(app.address())
      let cookie = try #require(attacker.cookies(of: cloud.pages)["cloud-session"])
      victim.setCookie("cloud-session", cookie, for: cloud.pages)
      #expect(try await cloud.signIn(victim).status == 303)
      #expect(victim.cookies(of: cloud.pages)["cloud-session"] != cookie)
      #expect(try await attacker.get(app.address()).text.contains("type=\"password\""))
      let form = ["csrf": planted.formToken(), "decision": "allow"]
      for browser in [attacker, victim] {
        #expect(try await browser.send(.POST, app.address(), form: form).status == 400)
      }
    }
  }

  @Test("the endpoint cannot be framed, tells nobody where it came from, and shares nothing with other sites")
  func headers() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let origin: HTTPHeaders = ["Origin": "https://evil.example"]
      let form = ["csrf": try await owner.get(app.address()).formToken(), "decision": "allow"]
      let answers = [
        try await owner.get(app.address(), headers: origin),
        try await cloud.browser().get(app.address(), headers: origin),
        try await owner.send(.POST, app.address(), form: form, headers: origin),
        try await owner.get(app.address(["client_id": "none"]), headers: origin),
      ]
      for answer in answers {
        #expect(answer.headers.first(name: "Referrer-Policy") == "no-referrer")
        #expect(answer.headers.first(name: "X-Frame-Options") == "DENY")
        #expect(answer.headers.first(name: "Cache-Control") == "no-store")
        #expect(!answer.headers.contains { $0.name.lowercased().hasPrefix("access-control-") })
        if answer.status == 200 {
          #expect(answer.headers.first(name: "Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
        }
      }
      #expect(answers.map(\.status) == [200, 200, 303, 400])
    }
  }

  @Test("where an owner goes back to is told as the owner can judge it")
  func destination() {
    let places = [
      "https://hub.example/return?a=1": "hub.example", "http://127.0.0.1:5000/x": "a program on this device",
      "com.example.app:/return": "the app on this device (com.example.app)",
    ]
    for (uri, place) in places { #expect(CloudPages.destination(uri) == place) }
  }

  @Test("an account that is erased while its owner decides allows nothing")
  func erased() async throws {
    try await CloudFixture().run { cloud in
      let owner = try await cloud.owner()
      let app = try await cloud.app()
      let id = try #require(try await cloud.storage.owner(email: "owner@example.com")).id
      let wanted = try await cloud.cloud.ownerGrants.server.authorizationRequest(.init(app.parameters)).get()
      #expect(try await cloud.storage.beginErasure(of: id, at: cloud.clock.now))
      await #expect(throws: (any Error).self) {
        try await cloud.cloud.ownerGrants.server.allow(wanted, subject: id)
      }
      #expect(try await cloud.rows("access_grant") == 0)
      #expect(try await owner.get(app.address()).text.contains("type=\"password\""))
    }
  }
}
