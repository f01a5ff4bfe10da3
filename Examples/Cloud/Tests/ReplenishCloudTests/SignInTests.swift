import Foundation
import Hummingbird
import NIOHTTP1
import Testing

@testable import ReplenishCloud

/// Guesses at passwords and codes, and what a changed password ends.
@Suite("Sign-in", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct SignInTests {
  /// A cloud behind a proxy of its own, so that a test can say where each request is from.
  private func fixture() throws -> CloudFixture { try CloudFixture { $0.proxies = ["127.0.0.1"] } }

  private func signIn(
    _ cloud: CloudFixture.Running, _ browser: Browser, _ email: String, _ password: String, from place: String
  ) async throws -> Seen {
    try await browser.post(
      cloud.pages + "/sign-in", ["email": email, "password": password], headers: ["X-Forwarded-For": place])
  }

  @Test(
    "credential stuffing: a list of accounts tried at one address is slowed down, and nobody elsewhere is",
    arguments: [
      ["203.0.113.9", "203.0.113.9", "203.0.113.10"],
      // Whoever has one IPv6 address has 2^64 of them.
      ["2001:db8:0:7::", "2001:db8:0:7:ffff::1", "2001:db8:0:8::1"],
    ])
  func list(places: [String]) async throws {
    try await fixture().run { cloud in
      _ = try await cloud.owner()
      let browser = cloud.browser()
      for number in 1...60 {
        let place = places[0].hasSuffix(":") ? places[0] + String(number) : places[0]
        let guess = try await signIn(cloud, browser, "owner\(number)@example.com", "leaked password", from: place)
        #expect(guess.status == 403)
      }
      let right = CloudFixture.password
      #expect(try await signIn(cloud, browser, "owner@example.com", right, from: places[1]).status == 429)
      #expect(try await signIn(cloud, cloud.browser(), "owner@example.com", right, from: places[2]).status == 303)
      cloud.clock.advance(901)
      #expect(try await signIn(cloud, browser, "owner@example.com", right, from: places[1]).status == 303)
    }
  }

  @Test("credential stuffing: of many guesses at one instant no more are looked at than of many in a row")
  func atOnce() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      let browser = cloud.browser()
      let page = try await browser.get(cloud.pages + "/sign-in")
      let form = ["email": "owner@example.com", "password": "guess", "csrf": page.formToken()]
      let statuses = try await withThrowingTaskGroup(of: UInt.self) { group in
        for _ in 0..<24 {
          group.addTask { try await browser.send(.POST, cloud.pages + "/sign-in", form: form).status }
        }
        return try await group.reduce(into: [UInt: Int]()) { $0[$1, default: 0] += 1 }
      }
      #expect(statuses == [403: 8, 429: 16])
      // The same without what slows requests down before that.
      let (storage, now) = (cloud.storage, cloud.clock.now)
      let limits = [AttemptLimit("a", 100, seconds: 60), AttemptLimit("b", 8, seconds: 60)]
      let noted = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<24 { group.addTask { try await storage.noteAttempt(limits, at: now) } }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(noted == 8)
      #expect(try await storage.attempts("a", since: now - 60) == 8)
    }
  }

  @Test("lock-out by guessing: whoever uses up all tries for an account, and its mails, keeps its owner out of nothing")
  func lockOut() async throws {
    try await fixture().run { cloud in
      _ = try await cloud.owner()
      let attacker = cloud.browser()
      for number in 0..<100 {
        let place = "203.0.113.\(number / 8)"
        #expect(try await signIn(cloud, attacker, "owner@example.com", "guess", from: place).status == 403)
      }
      for _ in 0..<6 { _ = try await attacker.post(cloud.pages + "/sign-up", ["email": "owner@example.com"]) }
      let owner = cloud.browser()
      let refused = try await signIn(
        cloud, owner, "owner@example.com", CloudFixture.password, from: "198.51.100.7")
      #expect(refused.status == 429 && refused.text.contains("A mail for a forgotten password lets you in"))
      #expect(try await owner.post(cloud.pages + "/forgot", ["email": "owner@example.com"]).status == 200)
      let mailed = try cloud.mailedAddress()
      #expect(mailed.contains("/reset?"))
      let form = ["ticket": String(mailed.split(separator: "=").last ?? ""), "password": "another password"]
      #expect(try await owner.post(cloud.pages + "/reset", page: mailed, form).status == 200)
      #expect(try await owner.get(cloud.pages + "/account").text.contains("owner@example.com"))
    }
  }

  @Test("recovery codes, and the old password on the account page, cannot be guessed without end either")
  func otherGuesses() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let codes = try await browser.post(
        cloud.pages + "/account/recovery-codes", page: cloud.pages + "/account", [:])
      let code = String(try #require(codes.text.firstMatch(of: /class="code">([0-9A-Z-]+)</)).output.1)
      func recover(_ code: String) async throws -> UInt {
        let form = ["email": "owner@example.com", "code": code, "password": "another password"]
        return try await cloud.browser().post(cloud.pages + "/recover", form).status
      }
      for _ in 0..<8 { #expect(try await recover("0000-0000-0000-0000") == 403) }
      #expect(try await recover(code) == 429)
      let change = ["old": CloudFixture.password, "password": "another password"]
      #expect(try await browser.post(cloud.pages + "/account", change).text.contains("Too many tries"))
      cloud.clock.advance(901)
      for _ in 0..<8 {
        let wrong = ["old": "guess", "password": "another password"]
        #expect(try await browser.post(cloud.pages + "/account", wrong).text.contains("not the old password"))
      }
      #expect(try await browser.post(cloud.pages + "/account", change).text.contains("Too many tries"))
      cloud.clock.advance(901)
      #expect(try await recover(code) == 200)
    }
  }

  @Test("nobody can have mails sent without end, neither to one address nor from one place")
  func mails() async throws {
    try await fixture().run { cloud in
      _ = try await cloud.owner()
      let browser = cloud.browser()
      func ask(_ path: String, _ email: String, from place: String) async throws -> UInt {
        try await browser.post(
          cloud.pages + path, ["email": email], headers: ["X-Forwarded-For": place]
        ).status
      }
      for number in 0..<5 {
        #expect(try await ask("/forgot", "owner@example.com", from: "203.0.113.\(number)") == 200)
      }
      #expect(try await ask("/forgot", "owner@example.com", from: "203.0.113.9") == 400)
      for number in 0..<30 {
        #expect(try await ask("/sign-up", "new\(number)@example.com", from: "198.51.100.1") == 200)
      }
      #expect(try await ask("/sign-up", "new30@example.com", from: "198.51.100.1") == 400)
      #expect(try await ask("/forgot", "new30@example.com", from: "198.51.100.1") == 400)
      #expect(try await ask("/sign-up", "new30@example.com", from: "198.51.100.2") == 200)
    }
  }

  @Test("a password that changes while the old one is looked at: the old one begins no session and sets no other one")
  func overtaken() async throws {
    try await CloudFixture().run { cloud in
      _ = try await cloud.owner()
      let (storage, accounts) = (cloud.storage, cloud.cloud.accounts)
      let answer = try await accounts.signIn(
        email: "owner@example.com", password: CloudFixture.password, from: "203.0.113.9")
      guard case .owner(let thief) = answer else {
        Issue.record("\(answer)")
        return
      }
      #expect(try await storage.setPassword("new", of: thief.id, from: nil))
      let sessions = CloudSessions(
        storage: storage, isSecure: false, formKey: Data(), now: { [clock = cloud.clock] in clock.now })
      let cookie = try await sessions.start(owner: thief, replacing: nil).cookie
      let browser = cloud.browser()
      browser.setCookie("cloud-session", cookie.value, for: cloud.pages)
      #expect(try await browser.get(cloud.pages + "/account").status == 303)
      #expect(try await storage.setPassword("thief's", of: thief.id, from: thief.password) == false)
      #expect(try await storage.rehashPassword(of: thief.id, from: thief.password, to: "thief's") == false)
      #expect(try await storage.owner(id: thief.id)?.password == "new")
    }
  }

  @Test(
    "the stored password is scrypt's with N = 2^15, r = 8, p = 3; one of less work is made anew at the next sign-in")
  func rehash() async throws {
    try await CloudFixture().run { cloud in
      // What the programs use, unless a test makes it cheaper.
      let usual = CloudConfiguration(
        publicAddress: "", amazon: AmazonConfiguration(clientID: "", clientSecret: ""), mailFolder: "")
      #expect(usual.passwordLogN == PasswordHash.Cost.standard.logN)
      _ = try await cloud.owner()
      func stored() async throws -> Owner {
        try #require(try await cloud.storage.owner(email: "owner@example.com"))
      }
      let owner = try await stored()
      #expect(owner.password.hasPrefix("$scrypt$ln=4,r=8,p=3$"))
      let weak = try PasswordHash(of: CloudFixture.password, cost: .init(logN: 3, r: 8, p: 1)).text
      #expect(try await cloud.storage.setPassword(weak, of: owner.id, from: nil))
      #expect(try await cloud.signIn(cloud.browser(), "owner@example.com", "wrong password").status == 403)
      #expect(try await stored().password == weak)
      // At once: one of them makes it anew, and both get in.
      let browsers = [cloud.browser(), cloud.browser()]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for browser in browsers { group.addTask { _ = try await cloud.signIn(browser) } }
        try await group.waitForAll()
      }
      for browser in browsers { #expect(try await browser.get(cloud.pages + "/account").status == 200) }
      #expect(try await stored().password.hasPrefix("$scrypt$ln=4,r=8,p=3$"))
    }
  }
}
