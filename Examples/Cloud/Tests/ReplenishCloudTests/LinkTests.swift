import Foundation
import NIOHTTP1
import OAuthServer
import Testing
import TextEncodings

@testable import ReplenishCloud

@Suite("Links", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct LinkTests {
  @Test("the way to Amazon carries state, S256 challenge, model and serial, and the exact return address; no secret")
  func departure() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let answer = try await cloud.depart(path, browser)
        #expect(answer.status == 303)
        let address = try #require(answer.location)
        let query = try #require(FormParameters(urlEncoded: String(address.split(separator: "?")[1])))
        #expect(query["redirect_uri"] == "http://localhost/link/return")
        #expect(query["scope"] == "dash:replenish profile:user_id" && query["response_type"] == "code")
        #expect(query["code_challenge_method"] == "S256" && query["code_challenge"]?.utf8.count == 43)
        #expect((query["state"]?.utf8.count ?? 0) >= 43 && !address.contains("s3cret"))
        #expect(
          query["scope_data"]
            == #"{"dash:replenish":{"device_model":"CoffeeMaker-9000","is_test_device":true,"serial":"\#(device.serial)"}}"#
        )
        let second = try #require(try await cloud.depart(path, browser).location)
        let other = try #require(FormParameters(urlEncoded: String(second.split(separator: "?")[1])))
        #expect(other["state"] != query["state"] && other["code_challenge"] != query["code_challenge"])
      }
    }
  }

  @Test("test devices and models that are not certified are asked for only where that is configured; so is the scope")
  func flags() async throws {
    func asked(_ configure: (inout AmazonConfiguration) -> Void = { _ in }) async throws -> FormParameters? {
      var configuration = AmazonConfiguration(clientID: "web", clientSecret: "secret")
      configure(&configuration)
      let amazon = try AmazonClient(configuration)
      let address = amazon.authorizeAddress(
        model: "M", serial: "S", state: "s", verifier: "v", redirect: "https://cloud.example/link/return")
      try await amazon.shutdown()
      #expect(address.hasPrefix("https://www.amazon.com/ap/oa?"))
      return FormParameters(urlEncoded: String(address.split(separator: "?")[1]))
    }
    let usual = try await asked()
    #expect(usual?["scope_data"] == #"{"dash:replenish":{"device_model":"M","serial":"S"}}"#)
    #expect(usual?["scope"] == "dash:replenish profile:user_id")
    let other = try await asked {
      $0.includesNonLive = true
      $0.scope = "dash:replenish profile"
    }
    #expect(
      other?["scope_data"] == #"{"dash:replenish":{"device_model":"M","serial":"S","should_include_non_live":true}}"#)
    #expect(other?["scope"] == "dash:replenish profile")
  }

  @Test("a linked device shows its slots; an existing link is noticed before Amazon is visited; unlink ends it there")
  func lifecycle() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, path) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        let page = try await browser.get(cloud.pages + path)
        #expect(page.text.contains("B00COFFEE1") && page.text.contains("descaler"))
        let visits = try await cloud.calls("authorize")
        let cookie = try #require(browser.cookies(of: cloud.pages)["cloud-session"])
        let session = try #require(try await cloud.storage.session(Fingerprint(of: cookie), at: cloud.clock.now))
        let found = CloudSessions.Found(id: Fingerprint(of: cookie), session: session)
        let again = try await browser.send(
          .POST, cloud.pages + path + "/link", form: ["csrf": found.formToken(for: path + "/link")])
        #expect(again.status == 409 && again.text.contains("linked already"))
        #expect(try await cloud.calls("authorize") == visits)
        let unlinked = try await browser.send(
          .POST, cloud.pages + path + "/unlink", form: ["csrf": page.formToken(path + "/unlink")])
        #expect(unlinked.status == 303)
        #expect(try await device.press().state == "void")
        try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 0 }
        try await cloud.eventually("the page says so") {
          try await browser.get(cloud.pages + path).text.contains("Link an Amazon account")
        }
        #expect(try await cloud.calls("replenish") == 0)
        // Another account may be linked now.
        let relinked = try await cloud.link(path, browser)
        #expect(relinked.status == 303)
        #expect(try await device.press().state == "ordered")
      }
    }
  }

  @Test("link started in another browser: the return is refused and its code is not redeemed")
  func otherBrowser() async throws {
    try await CloudFixture().run { cloud in
      let attacker = try await cloud.owner("attacker@example.com")
      let victim = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, attacker)
        let address = try #require(try await cloud.depart(path, attacker).location)
        let back = try await cloud.allow(address, attacker)
        let answer = try await victim.get(back)
        #expect(answer.status == 403 && answer.text.contains("not begun in this browser"))
        // Nor in another browser of the same owner, nor in one that is not signed in.
        let elsewhere = cloud.browser()
        #expect(try await elsewhere.get(back).status == 303)
        _ = try await cloud.signIn(elsewhere, "attacker@example.com")
        #expect(try await elsewhere.get(back).status == 403)
        #expect(try await cloud.calls("token.authorization_code") == 0)
        #expect(try await attacker.get(back).status == 303)
      }
    }
  }

  @Test("replayed code, and with it the state, invented state, and a return after ten minutes do nothing")
  func replay() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let invented = try await browser.get(cloud.pages + "/link/return?code=ANxxxxxxxxxxxxxxxxxx&state=invented")
        #expect(invented.status == 403)
        let late = try await cloud.allow(try #require(try await cloud.depart(path, browser).location), browser)
        cloud.clock.advance(601)
        #expect(try await browser.get(late).status == 403)
        let back = try await cloud.allow(try #require(try await cloud.depart(path, browser).location), browser)
        #expect(try await browser.get(back).status == 303)
        #expect(try await browser.get(back).status == 403)
        #expect(try await cloud.calls("token.authorization_code") == 1)
        #expect(try await device.press().state == "ordered")
      }
    }
  }

  @Test("given away while its owner is at Amazon: what Amazon allowed is taken back, and links nothing")
  func givenAway() async throws {
    try await CloudFixture().run { cloud in
      let seller = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, seller)
        let back = try await cloud.allow(try #require(try await cloud.depart(path, seller).location), seller)
        try #require(try await cloud.registrations() == 1)
        let page = try await seller.get(cloud.pages + path)
        let form = ["csrf": page.formToken(path + "/release")]
        try #require(try await seller.send(.POST, cloud.pages + path + "/release", form: form).status == 303)
        let buyer = try await cloud.owner("buyer@example.com")
        let bought = try await cloud.claim(device, buyer)
        let answer = try await seller.get(back)
        #expect(answer.status == 403 && answer.text.contains("not in your account any more"))
        try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 0 }
        #expect(try await device.press().state == "void")
        try await cloud.eventually("free") {
          try await buyer.get(cloud.pages + bought).text.contains("Link an Amazon account")
        }
        try await cloud.link(bought, buyer, user: "neighbour@example.com", password: "amazon-2")
        #expect(try await device.press().state == "ordered")
      }
    }
  }

  @Test("downgraded PKCE: a code asked for with another challenge, or with none, is not accepted")
  func downgrade() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let address = try #require(try await cloud.depart(path, browser).location)
        let stripped = address.replacing(/&code_challenge(_method)?=[^&]*/, with: "")
        let back = try await cloud.allow(stripped, browser)
        #expect(try await browser.get(back).status == 403)
        #expect(try await browser.get(cloud.pages + path).text.contains("not linked"))
      }
    }
  }

  @Test("an Amazon account that another owner linked is refused, names nobody, and what was made is taken back")
  func otherOwner() async throws {
    try await CloudFixture().run { cloud in
      let first = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(first)
      let second = try await cloud.owner("second@example.com")
      let another = try await cloud.device()
      try await cloud.with(device, another) {
        let path = try await cloud.claim(another, second)
        let answer = try await cloud.link(path, second)
        #expect(answer.status == 403 && answer.text.contains("cannot be linked here"))
        #expect(!answer.text.contains("owner@example.com") && !answer.text.contains("customer@example.com"))
        #expect(try await another.press().state == "void")
        try await cloud.eventually("taken back") { try await cloud.registrations() == 1 }
        #expect(try await device.press().state == "ordered")
        // With an account of their own it works.
        try await cloud.eventually("free again") {
          try await second.get(cloud.pages + path).text.contains("Link an Amazon account")
        }
        let own = cloud.browser()
        _ = try await cloud.signIn(own, "second@example.com")
        let linked = try await cloud.link(path, own, user: "neighbour@example.com", password: "amazon-2")
        #expect(linked.status == 303)
      }
    }
  }

  @Test("two devices on one Amazon account: unlink one, the other still orders")
  func twoDevices() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (first, _) = try await cloud.linkedDevice(browser)
      let (second, path) = try await cloud.linkedDevice(browser)
      try await cloud.with(first, second) {
        #expect(try await second.send(.DELETE, "/v1/link").status == 202)
        #expect(try await second.press().state == "void")
        try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 1 }
        #expect(try await first.press().state == "ordered")
        try await cloud.eventually("the page says so") {
          try await browser.get(cloud.pages + path).text.contains("<strong>not linked</strong>")
        }
        // The account stays this owner's as long as anything here is tied to it.
        func accounts() async throws -> Int? {
          try await cloud.storage.database.read { try $0.value("SELECT COUNT(*) FROM amazon_account") }
        }
        #expect(try await accounts() == 1)
        #expect(try await first.send(.DELETE, "/v1/link").status == 202)
        try await cloud.eventually("the account is nobody's") { try await accounts() == 0 }
      }
    }
  }

  @Test("a refusal at Amazon, a broken profile and a broken token endpoint link nothing and are explained")
  func failures() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let address = try #require(try await cloud.depart(path, browser).location)
        let denied = try await browser.get(try await cloud.allow(address, browser, decision: "deny"))
        #expect(denied.status == 403 && denied.text.contains("refused"))
        try await cloud.control("faults", #"{"operation":"token","kind":"garbage"}"#)
        #expect(try await cloud.link(path, browser).status == 403)
        try await cloud.control("faults", #"{"operation":"profile","kind":"status","times":3}"#)
        #expect(try await cloud.link(path, browser).status == 403)
        // Amazon had registered the device both times; the second one could be taken back.
        try await cloud.eventually("taken back") { try await cloud.registrations() == 0 }
        try await cloud.eventually("free again") {
          try await browser.get(cloud.pages + path).text.contains("Link an Amazon account")
        }
        #expect(try await cloud.link(path, browser).status == 303)
      }
    }
  }

  @Test("an unlink that Amazon does not answer is tried again, stays shown, and ends after seven days without tokens")
  func stubbornUnlink() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, path) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        try await cloud.control("faults", #"{"operation":"deregister","kind":"status","times":99}"#)
        _ = try await device.send(.DELETE, "/v1/link")
        try await cloud.eventually("tried") { try await cloud.calls("deregister") == 1 }
        #expect(try await browser.get(cloud.pages + path).text.contains("being unlinked"))
        // The refusal may still be on its way from Amazon to the cloud.
        try await cloud.eventually("tried again") {
          cloud.clock.advance(60)
          try await cloud.cloud.unlinks.sweep()
          return try await cloud.calls("deregister") == 2
        }
        cloud.clock.advance(6 * 86_400)
        try await cloud.cloud.unlinks.sweep()
        #expect(try await cloud.calls("deregister") == 3)
        #expect(try await cloud.states() == ["unlinking": 1])
        cloud.clock.advance(86_400)
        try await cloud.cloud.unlinks.sweep()
        #expect(try await browser.get(cloud.pages + path).status == 303)
        _ = try await cloud.signIn(browser)
        let page = try await browser.get(cloud.pages + path)
        #expect(page.text.contains("Amazon could not be told") && page.text.contains("at Amazon yourself"))
        #expect(page.text.contains("Manage Your Content and Devices"))
        let sealed: [String] = try await cloud.storage.database.read { db in
          try db.values("SELECT refresh_token FROM registration WHERE refresh_token IS NOT NULL")
        }
        #expect(sealed.isEmpty)
      }
    }
  }

  @Test("no token, code, password, claim code or session is in the log")
  func canary() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        try await cloud.control("faults", #"{"operation":"replenish","kind":"loseAnswer"}"#)
        try await cloud.control("faults", #"{"operation":"token","kind":"status","status":500}"#)
        try await cloud.control("tokens/expire")
        _ = try await device.press()
        _ = try await device.press(slot: "none")
        let registration = try #require(
          try await cloud.storage.database.read { try ($0.value("SELECT id FROM registration") as Int64?) })
        let tokens = try #require(try await cloud.storage.registration(registration)?.tokens)
        let session = try #require(browser.cookies(of: cloud.pages)["cloud-session"])
        let log = cloud.fixture.log.text
        #expect(!log.isEmpty)
        let secrets = [
          tokens.access, tokens.refresh, session, CloudFixture.password, device.claimCode,
          SecretText.plain(device.claimCode), "client-s3cret", "Atza", "Atzr",
        ]
        for secret in secrets {
          for form in [secret, Data(secret.utf8).base64EncodedString(), percentEncoded(secret)] {
            #expect(!log.contains(form))
          }
        }
      }
    }
  }
}
