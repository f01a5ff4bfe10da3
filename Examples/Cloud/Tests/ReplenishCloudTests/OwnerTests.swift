import Foundation
import NIOHTTP1
import Testing

@testable import ReplenishCloud

@Suite("Owners", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct OwnerTests {
  @Test("an account opens through a mail, once, and its recovery codes are shown once")
  func signUp() async throws {
    try await CloudFixture().run { cloud in
      let browser = cloud.browser()
      _ = try await browser.post(cloud.pages + "/sign-up", ["email": " Owner@Example.com "])
      let link = try cloud.mailedAddress()
      let ticket = String(link.split(separator: "=").last ?? "")
      let short = try await browser.post(cloud.pages + "/confirm", page: link, ["ticket": ticket, "password": "short"])
      #expect(short.status == 400 && short.text.contains("ten characters"))
      let opened = try await browser.post(
        cloud.pages + "/confirm", page: link, ["ticket": ticket, "password": CloudFixture.password])
      let codes = opened.text.matches(of: /<li class="code">([0-9A-Z-]+)<\/li>/)
      #expect(codes.count == 8 && Set(codes.map(\.output.1)).count == 8)
      #expect(try await browser.get(cloud.pages + "/").status == 200)
      let again = try await cloud.browser().post(
        cloud.pages + "/confirm", page: link, ["ticket": ticket, "password": CloudFixture.password])
      #expect(again.status == 400)
      #expect(try await cloud.storage.owner(email: "owner@example.com") != nil)
    }
  }

  @Test("sign-up and a forgotten password tell nobody which addresses have accounts")
  func enumeration() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      for path in ["/sign-up", "/forgot"] {
        let known = try await cloud.browser().post(cloud.pages + path, ["email": "owner@example.com"])
        let unknown = try await cloud.browser().post(cloud.pages + path, ["email": "nobody@example.com"])
        #expect(known.status == unknown.status && known.text == unknown.text)
      }
      let wrong = try await cloud.signIn(cloud.browser(), "owner@example.com", "not the password")
      let nobody = try await cloud.signIn(cloud.browser(), "nobody@example.com", "not the password")
      #expect(wrong.status == 403 && nobody.status == 403)
    }
  }

  @Test("session fixation: a session planted before the login is worth nothing after it")
  func fixation() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      let victim = cloud.browser()
      _ = try await victim.get(cloud.pages + "/sign-in")
      let planted = try #require(victim.cookies(of: cloud.pages)["cloud-session"])
      #expect(try await cloud.signIn(victim).status == 303)
      let after = try #require(victim.cookies(of: cloud.pages)["cloud-session"])
      #expect(after != planted)
      let attacker = cloud.browser()
      attacker.setCookie("cloud-session", planted, for: cloud.pages)
      #expect(try await attacker.get(cloud.pages + "/account").status == 303)
      // The database holds digests of session identifiers only.
      #expect(try await cloud.storage.places(of: [after]) == [])
    }
  }

  @Test("visitors leave nothing in the database, and the form of one does not fit another")
  func visitors() async throws {
    try await CloudFixture().run { cloud in
      let (first, second) = (cloud.browser(), cloud.browser())
      let page = try await first.get(cloud.pages + "/sign-in")
      for _ in 0..<10 { _ = try await cloud.browser().get(cloud.pages + "/sign-up") }
      let rows = try await cloud.storage.database.read { try ($0.value("SELECT COUNT(*) FROM session") as Int?) }
      #expect(rows == 0)
      _ = try await second.get(cloud.pages + "/sign-in")
      let form = ["email": "owner@example.com", "password": "guess", "csrf": page.formToken()]
      #expect(try await second.send(.POST, cloud.pages + "/sign-in", form: form).status == 400)
      #expect(try await first.send(.POST, cloud.pages + "/sign-in", form: form).status == 403)
    }
  }

  @Test("CSRF: a form without the page's token, with another form's, or from another site does nothing")
  func csrf() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let account = try await browser.get(cloud.pages + "/account")
      let form = ["old": CloudFixture.password, "password": "another password"]
      let tokens = ["", "x", account.formToken("/account/recovery-codes"), account.formToken("/sign-out")]
      for token in tokens {
        let answer = try await browser.send(
          .POST, cloud.pages + "/account", form: form.merging(["csrf": token]) { $1 })
        #expect(answer.status == 400)
      }
      let good = form.merging(["csrf": account.formToken("/account")]) { $1 }
      let foreign = try await browser.send(
        .POST, cloud.pages + "/account", form: good, headers: ["Sec-Fetch-Site": "cross-site"])
      #expect(foreign.status == 400)
      let json = try await browser.send(
        .POST, cloud.pages + "/account", form: good, headers: ["Content-Type": "text/plain"])
      #expect(json.status == 400)
      #expect(try await cloud.signIn(cloud.browser()).status == 303)
    }
  }

  @Test("a new password ends every session, and the old one is worth nothing")
  func passwordChange() async throws {
    try await CloudFixture().run { cloud in
      let first = try await cloud.owner()
      let second = cloud.browser()
      _ = try await cloud.signIn(second)
      let wrong = try await first.post(
        cloud.pages + "/account", ["old": "not the password", "password": "another password"])
      #expect(wrong.status == 403)
      let changed = try await first.post(
        cloud.pages + "/account", ["old": CloudFixture.password, "password": "another password"])
      #expect(changed.status == 200)
      for browser in [first, second] { #expect(try await browser.get(cloud.pages + "/").status == 303) }
      #expect(try await cloud.signIn(cloud.browser()).status == 403)
      #expect(try await cloud.signIn(cloud.browser(), "owner@example.com", "another password").status == 303)
    }
  }

  @Test("a mail resets the password once; a recovery code does too")
  func recovery() async throws {
    try await CloudFixture().run { cloud in
      let browser = cloud.browser()
      _ = try await browser.post(cloud.pages + "/sign-up", ["email": "owner@example.com"])
      let link = try cloud.mailedAddress()
      let opened = try await browser.post(
        cloud.pages + "/confirm", page: link,
        ["ticket": String(link.split(separator: "=").last ?? ""), "password": CloudFixture.password])
      let code = String(try #require(opened.text.firstMatch(of: /class="code">([0-9A-Z-]+)</)).output.1)
      _ = try await cloud.browser().post(cloud.pages + "/forgot", ["email": "owner@example.com"])
      let mailed = try cloud.mailedAddress()
      let form = ["ticket": String(mailed.split(separator: "=").last ?? ""), "password": "by mail, number two"]
      #expect(try await cloud.browser().post(cloud.pages + "/reset", page: mailed, form).status == 200)
      #expect(try await cloud.browser().post(cloud.pages + "/reset", page: mailed, form).status == 400)
      #expect(try await browser.get(cloud.pages + "/").status == 303)
      _ = try await cloud.signIn(browser, "owner@example.com", "by mail, number two")
      #expect(try await browser.get(cloud.pages + "/").status == 200)
      // Typed as people type: small letters, spaces.
      let typed = ["email": "owner@example.com", "code": code.lowercased().replacing("-", with: " ")]
      let recovered = typed.merging(["password": "by code, number three"]) { $1 }
      #expect(try await cloud.browser().post(cloud.pages + "/recover", recovered).status == 200)
      #expect(try await browser.get(cloud.pages + "/").status == 303)
      #expect(try await cloud.browser().post(cloud.pages + "/recover", recovered).status == 403)
      #expect(try await cloud.signIn(cloud.browser(), "owner@example.com", "by code, number three").status == 303)
    }
  }

  @Test("credential stuffing: guesses are slowed down from one address, whatever header they carry; nobody is locked")
  func stuffing() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      let browser = cloud.browser()
      var last: Seen?
      for number in 0..<9 {
        last = try await browser.post(
          cloud.pages + "/sign-in", ["email": "owner@example.com", "password": "guess \(number)"],
          headers: [
            "X-Forwarded-For": "203.0.113.\(number)", "Forwarded": "for=203.0.113.\(number)",
            "X-Real-IP": "203.0.113.\(number)", "True-Client-IP": "203.0.113.\(number)",
          ])
      }
      #expect(last?.status == 429)
      #expect(try await cloud.signIn(browser).status == 429)
      cloud.clock.advance(901)
      #expect(try await cloud.signIn(browser).status == 303)
    }
  }

  @Test("header spoofing through a proxy: only the proxy's own entry counts, and only from a proxy of ours")
  func spoofing() async throws {
    try await CloudFixture { $0.proxies = ["127.0.0.1"] }.run { cloud in
      _ = try await cloud.owner()
      let browser = cloud.browser()
      func guess(_ forwarded: String) async throws -> UInt {
        try await browser.post(
          cloud.pages + "/sign-in", ["email": "owner@example.com", "password": "guess"],
          headers: ["X-Forwarded-For": forwarded]
        ).status
      }
      for number in 0..<8 { #expect(try await guess("198.51.100.\(number), 203.0.113.9") == 403) }
      #expect(try await guess("::ffff:203.0.113.9") == 429)
      #expect(try await guess("198.51.100.99, 203.0.113.9") == 429)
      #expect(try await guess("203.0.113.10") == 403)
    }
  }

  @Test(
    "open redirect: after the login the browser goes to a page of this site",
    arguments: [
      "https://evil.example/", "//evil.example", "/\\evil.example", "/devices/1/../../x", "/claim?x\r\nSet-Cookie:a=b",
      "javascript:alert(1)", "/devices/1@evil.example",
    ])
  func openRedirect(next: String) async throws {
    #expect(CloudPages.localPath(next) == "/")
    #expect(CloudPages.localPath("/claim?serial=S&code=C") == "/claim?serial=S&code=C")
    #expect(CloudPages.localPath("/devices/12") == "/devices/12")
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      let form = ["email": "owner@example.com", "password": CloudFixture.password, "next": next]
      let signedIn = try await cloud.browser().post(cloud.pages + "/sign-in", form)
      #expect(signedIn.status == 303 && signedIn.location == "/")
      #expect(signedIn.headers["Set-Cookie"].count == 1)
    }
  }

  @Test("the stored password says how it was made, and is made anew when that is out of date")
  func hashes() async throws {
    let old = try PasswordHash(of: "pass phrase", cost: .init(logN: 4, r: 8, p: 1))
    #expect(old.text.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
    let hasher = try PasswordHasher(cost: .init(logN: 5, r: 8, p: 3))
    #expect(try await hasher.check("pass phrase", against: old.text) == (true, true))
    #expect(try await hasher.check("pass phrasE", against: old.text).isRight == false)
    #expect(try await hasher.check("pass phrase", against: nil).isRight == false)
    let new = try await hasher.hash("pass phrase")
    #expect(try await hasher.check("pass phrase", against: new) == (true, false))
    #expect(PasswordHash("$scrypt$ln=40,r=8,p=3$AAAAAAAAAAAAAAAA$AAAA") == nil)
    #expect(PasswordHash.Cost.standard == .init(logN: 15, r: 8, p: 3))
    // The third vector of RFC 7914 section 12, its first 32 bytes.
    let vector = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI="
    #expect(try PasswordHash(vector)?.matches("pleaseletmein") == true)
    // The real cost once.
    #expect(try PasswordHash(of: "x", cost: .standard).matches("x"))
  }
}
