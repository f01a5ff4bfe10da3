import Foundation
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import ReplenishCloud

@Suite("Erasure", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct ErasureTests {
  /// Whatever names the owner: number, mail address, Amazon user id.
  private func traces(_ cloud: CloudFixture.Running, _ email: String = "owner@example.com") async throws -> [String] {
    let owner = try #require(try await cloud.storage.owner(email: email)).id
    let users = try await cloud.storage.database.read {
      try ($0.values("SELECT user_id FROM amazon_account WHERE owner = ?", [owner]) as [String])
    }
    return [owner, email] + users
  }

  private func delete(
    _ cloud: CloudFixture.Running, _ browser: Browser, _ password: String = CloudFixture.password
  ) async throws -> Seen {
    try await browser.post(cloud.pages + "/account/delete", ["password": password])
  }

  private func isGone(_ cloud: CloudFixture.Running, _ traces: [String]) async throws {
    try await cloud.eventually("nothing is left") { try await cloud.storage.places(of: traces).isEmpty }
  }

  private func makeAmazonUnreachable(_ cloud: CloudFixture.Running) async throws {
    try await cloud.control("faults", #"{"operation":"deregister","kind":"status","times":99}"#)
  }

  @Test("the page says what will happen, asks for the password, and then nothing is left: no row, no byte in the files")
  func wholeWay() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, path) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        let elsewhere = cloud.browser()
        _ = try await cloud.signIn(elsewhere)
        _ = try await cloud.browser().post(cloud.pages + "/forgot", ["email": "owner@example.com"])
        let reset = try cloud.mailedAddress()
        #expect(try await device.press().state == "ordered")
        #expect(try await device.press(slot: "none").state == "void")
        let traces = try await traces(cloud)
        try #require(traces.count == 3)
        let places = try await cloud.storage.places(of: traces)
        let expected = [
          "owner.id", "owner.email", "ownership.owner", "session.owner", "recovery_code.owner", "attempt.name",
          "mail_ticket.email", "amazon_account.owner", "amazon_account.user_id", "registration.amazon_user",
        ]
        #expect(Set(places) == Set(expected))

        let page = try await browser.get(cloud.pages + "/account/delete")
        for words in ["cannot be undone", "no press", "taken back at Amazon", "stays at Amazon"] {
          #expect(page.text.contains(words), "\(words)")
        }
        let done = try await delete(cloud, browser)
        #expect(done.status == 200 && done.text.contains("Your account is deleted") && !done.text.contains("Sign out"))

        let press = try await device.press()
        #expect(press.state == "void" && press.members["reason"] as? String == "not-linked")
        #expect(try await device.send(.GET, "/v1/device").members["claimed"] as? Bool == false)
        try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 0 }
        try await isGone(cloud, traces)
        // In the WAL there are the pages as they were, until it is emptied.
        try await cloud.eventually("overwritten") {
          // PostgreSQL does it in its own time.
          guard cloud.fixture.database.kind == .sqlite else { return true }
          return try ["", "-wal"].allSatisfy { suffix in
            let bytes = try Data(contentsOf: URL(fileURLWithPath: cloud.fixture.database.path + suffix))
            return traces.allSatisfy { bytes.range(of: Data($0.utf8)) == nil }
          }
        }
        #expect(try await cloud.orders() == 1)

        for signedIn in [browser, elsewhere] {
          #expect(try await signedIn.get(cloud.pages + "/account").status == 303)
          #expect(try await signedIn.get(cloud.pages + path).status == 303)
          #expect(try await signedIn.get(cloud.pages + "/account/export").status == 303)
        }
        #expect(try await cloud.signIn(cloud.browser()).status == 403)
        let form = ["ticket": String(reset.split(separator: "=").last ?? ""), "password": "another password"]
        #expect(try await cloud.browser().post(cloud.pages + "/reset", page: reset, form).status == 400)
        for trace in traces { #expect(!cloud.fixture.log.text.contains(trace)) }
      }
    }
  }

  @Test("a wrong password deletes nothing, says so, and cannot be guessed without end")
  func wrongPassword() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        for _ in 0..<8 {
          let wrong = try await delete(cloud, browser, "not the password")
          #expect(wrong.status == 403 && wrong.text.contains("This is not the password"))
        }
        let refused = try await delete(cloud, browser)
        #expect(refused.status == 429 && refused.text.contains("Too many tries"))
        #expect(try await device.press().state == "ordered")
        cloud.clock.advance(901)
        #expect(try await delete(cloud, browser).status == 200)
      }
    }
  }

  @Test("CSRF: a form without the page's token, with another form's, or from another site deletes nothing")
  func csrf() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let address = cloud.pages + "/account/delete"
      let account = try await browser.get(cloud.pages + "/account")
      let form = ["password": CloudFixture.password]
      let tokens = ["", "x", account.formToken("/account"), account.formToken("/account/recovery-codes")]
      for token in tokens {
        #expect(try await browser.send(.POST, address, form: form.merging(["csrf": token]) { $1 }).status == 400)
      }
      let page = try await browser.get(address)
      let good = form.merging(["csrf": page.formToken("/account/delete")]) { $1 }
      for headers: HTTPHeaders in [["Sec-Fetch-Site": "cross-site"], ["Content-Type": "text/plain"]] {
        #expect(try await browser.send(.POST, address, form: good, headers: headers).status == 400)
      }
      // Nor does a link do it, nor somebody who is not signed in.
      #expect(try await browser.get(address + "?password=" + "x").status == 200)
      let visitor = cloud.browser()
      let login = try await visitor.get(cloud.pages + "/sign-in")
      let foreign = form.merging(["csrf": login.formToken("/sign-in")]) { $1 }
      #expect(try await visitor.send(.POST, address, form: foreign).status == 400)
      #expect(try await browser.get(cloud.pages + "/account").status == 200)
      #expect(try await browser.send(.POST, address, form: good).status == 200)
      #expect(try await browser.send(.POST, address, form: good).status == 400)
    }
  }

  @Test("what was noted is void from that instant; a call that is under way ends first, and then its rows go")
  func presses() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (first, _) = try await cloud.linkedDevice(browser)
      let (second, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(first, second) {
        let traces = try await traces(cloud)
        try await cloud.control("faults", #"{"operation":"replenish","kind":"loseAnswer"}"#)
        let (sent, joined, noted) = (Device.pressID(), Device.pressID(), Device.pressID())
        #expect(try await first.press(sent).state == "sending")
        #expect(try await first.press(joined).state == "noted")
        cloud.clock.advance(3600)
        try await cloud.control("faults", #"{"operation":"token","kind":"status"}"#)
        #expect(try await second.press(noted).state == "noted")
        let calls = try await cloud.calls("replenish")

        #expect(try await delete(cloud, browser).status == 200)
        #expect(try await second.press(noted).state == "void")
        try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 0 }
        try await cloud.cloud.erasures.sweep()
        #expect(try await cloud.storage.places(of: traces).contains("ownership.owner"))
        #expect(try await first.send(.GET, "/v1/presses/\(sent)").state == "sending")
        try await cloud.cloud.presses.sweep()
        for id in [sent, joined] { #expect(try await first.send(.GET, "/v1/presses/\(id)").state == "inDoubt") }
        try await cloud.cloud.erasures.sweep()
        #expect(try await cloud.storage.places(of: traces) == [])
        for id in [sent, joined] { #expect(try await first.send(.GET, "/v1/presses/\(id)").status == 404) }
        // A device that reports an old press again begins a new one, which orders nothing.
        #expect(try await first.press(sent).state == "void")
        #expect(try await cloud.calls("replenish") == calls)
      }
    }
  }

  @Test("while Amazon cannot be reached the rows stay, for seven days, and then go")
  func unreachable() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        let traces = try await traces(cloud)
        try await makeAmazonUnreachable(cloud)
        #expect(try await delete(cloud, browser).status == 200)
        #expect(try await device.press().state == "void")
        for day in 1...6 {
          cloud.clock.advance(86_400)
          try await cloud.cloud.unlinks.sweep()
          try await cloud.cloud.erasures.sweep()
          let places = Set(try await cloud.storage.places(of: traces))
          // The number holds together what Amazon must be told of; the address is free all the time.
          #expect(places == ["owner.id", "owner.email", "ownership.owner", "registration.amazon_user"], "day \(day)")
          #expect(try await cloud.storage.places(of: ["owner@example.com"]) == [])
        }
        cloud.clock.advance(86_400)
        try await cloud.cloud.unlinks.sweep()
        try await cloud.cloud.erasures.sweep()
        #expect(try await cloud.storage.places(of: traces) == [])
        #expect(try await cloud.storage.database.read { try ($0.value("SELECT COUNT(*) FROM press") as Int?) } == 1)
      }
    }
  }

  @Test("the rounds tell Amazon and delete, whoever began it")
  func rounds() async throws {
    try await CloudFixture { $0.round = 0.05 }.run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        let traces = try await traces(cloud)
        #expect(try await cloud.storage.beginErasure(of: traces[0], at: cloud.clock.now))
        #expect(try await cloud.storage.beginErasure(of: traces[0], at: cloud.clock.now) == false)
        let rounds = cloud.cloud.rounds
        let running = Task { try await rounds.run() }
        try await isGone(cloud, traces)
        running.cancel()
        try await running.value
        #expect(try await cloud.registrations() == 0)
      }
    }
  }

  @Test("another owner's rows stay as they were, to the last value")
  func otherOwner() async throws {
    try await CloudFixture().run { cloud in
      let other = try await cloud.owner("other@example.com")
      let (othersDevice, _) = try await cloud.linkedDevice(other)
      _ = try await cloud.signIn(cloud.browser(), "other@example.com", "guess")
      #expect(try await othersDevice.press().state == "ordered")
      _ = try await cloud.browser().post(cloud.pages + "/forgot", ["email": "other@example.com"])
      func rows() async throws -> [String: [String]] {
        try await cloud.storage.database.read { db in
          let tables = try SchemaWalk.tables(db).filter {
            !["device", "attempt", "sqlite_sequence", "commit_mark"].contains($0)
          }
          var rows = try Dictionary(uniqueKeysWithValues: tables.map { ($0, try SchemaWalk.rows($0, db)) })
          rows["attempt"] = try SchemaWalk.rows("attempt", db).filter { $0.contains("other@example.com") }
          return rows
        }
      }
      let before = try await rows()
      try #require(before["attempt"]?.count == 4 && before["mail_ticket"]?.count == 1)

      // An address that, read as a pattern, means the other's too.
      let browser = try await cloud.owner("_ther@example.com")
      let device = try await cloud.device()
      try await cloud.with(device, othersDevice) {
        let path = try await cloud.claim(device, browser)
        // First with the other's Amazon account, which is refused, then with one of their own.
        #expect(try await cloud.link(path, browser).status == 403)
        try await cloud.eventually("taken back") { try await cloud.registrations() == 1 }
        try await cloud.eventually("free again") {
          try await browser.get(cloud.pages + path).text.contains("Link an Amazon account")
        }
        let fresh = cloud.browser()
        _ = try await cloud.signIn(fresh, "_ther@example.com")
        #expect(try await cloud.link(path, fresh, user: "neighbour@example.com", password: "amazon-2").status == 303)
        #expect(try await device.press().state == "ordered")
        let traces = try await traces(cloud, "_ther@example.com")
        #expect(try await delete(cloud, fresh).status == 200)
        try await isGone(cloud, traces)
        #expect(try await rows() == before)
        #expect(try await othersDevice.press().state == "alreadyOrdered")
        #expect(try await other.get(cloud.pages + "/account").text.contains("other@example.com"))
      }
    }
  }

  @Test("the address opens an account again at once, which sees nothing of the old one and outlives it")
  func sameAddress() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let codes = try await browser.post(
        cloud.pages + "/account/recovery-codes", page: cloud.pages + "/account", [:])
      let code = String(try #require(codes.text.firstMatch(of: /class="code">([0-9A-Z-]+)</)).output.1)
      let (device, path) = try await cloud.linkedDevice(browser)
      let another = try await cloud.device()
      try await cloud.with(device, another) {
        let old = try await traces(cloud)
        #expect(try await device.press().state == "ordered")
        try await makeAmazonUnreachable(cloud)
        #expect(try await delete(cloud, browser).status == 200)
        let again = try await cloud.owner()
        #expect(try await again.get(cloud.pages + "/").text.contains("No device is in your account yet"))
        #expect(try await again.get(cloud.pages + path).status == 404)
        let file = try await again.get(cloud.pages + "/account/export")
        #expect((file.members["devices"] as? [Any])?.isEmpty == true && !file.text.contains(device.serial))
        let typed = ["email": "owner@example.com", "code": code, "password": "another password"]
        #expect(try await cloud.browser().post(cloud.pages + "/recover", typed).status == 403)
        // The Amazon account is free for another device, though Amazon is not told of the first one yet.
        let anothersPath = try await cloud.claim(another, again)
        let linker = cloud.browser()
        _ = try await cloud.signIn(linker)
        #expect(try await cloud.link(anothersPath, linker).status == 303)

        cloud.clock.advance(6 * 86_400)
        try await cloud.cloud.unlinks.sweep()
        cloud.clock.advance(86_400)
        try await cloud.cloud.unlinks.sweep()
        try await cloud.cloud.erasures.sweep()
        #expect(try await cloud.storage.places(of: [old[0]]) == [])
        #expect(try await cloud.signIn(again).status == 303)
        #expect(try await again.get(cloud.pages + anothersPath).text.contains("Unlink the Amazon account"))
        #expect(try await another.press().state == "ordered")
      }
    }
  }

  @Test("a second owner claims the device at once, and links it once Amazon knows of the first one's end")
  func secondOwner() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        let traces = try await traces(cloud)
        try await makeAmazonUnreachable(cloud)
        #expect(try await delete(cloud, browser).status == 200)
        try await cloud.eventually("tried") { try await cloud.calls("deregister") == 1 }
        let buyer = try await cloud.owner("buyer@example.com")
        let path = try await cloud.claim(device, buyer)
        #expect(try await cloud.depart(path, buyer).status == 409)
        let faults = try await buyer.send(.DELETE, cloud.amazon + "/emulator/faults")
        #expect(faults.status == 200)
        cloud.clock.advance(60)
        try await cloud.cloud.unlinks.sweep()
        try await cloud.cloud.erasures.sweep()
        #expect(try await cloud.storage.places(of: traces) == [])
        let linked = try await cloud.link(path, buyer, user: "neighbour@example.com", password: "amazon-2")
        #expect(linked.status == 303)
        #expect(try await device.press().state == "ordered")
      }
    }
  }

  // MARK: Links that come back

  @Test("a link that comes back after the erasure is taken back at Amazon; its rows wait for it, ten minutes at most")
  func lateReturn() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let traces = try await traces(cloud)
        let back = try await cloud.allow(try #require(try await cloud.depart(path, browser).location), browser)
        try #require(try await cloud.registrations() == 1)
        let elsewhere = cloud.browser()
        _ = try await cloud.signIn(elsewhere)
        #expect(try await delete(cloud, elsewhere).status == 200)
        try await cloud.cloud.erasures.sweep()
        #expect(try await cloud.storage.places(of: traces).contains("ownership.owner"))
        let answer = try await browser.get(back)
        #expect(answer.status == 403 && answer.text.contains("deleted meanwhile"))
        try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 0 }
        try await isGone(cloud, traces)
        #expect(try await browser.get(back).status == 303)
        // Nothing of it, under whatever number, is left.
        let counts = try await cloud.storage.database.read { db in
          try ["owner", "ownership", "registration", "link_attempt"].map {
            try db.value("SELECT COUNT(*) FROM \($0)") as Int?
          }
        }
        #expect(counts == [0, 0, 0, 0])
      }
    }
  }

  @Test("a link that never comes back holds the rows for ten minutes")
  func noReturn() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let traces = try await traces(cloud)
        #expect(try await cloud.depart(path, browser).status == 303)
        #expect(try await delete(cloud, browser).status == 200)
        cloud.clock.advance(599)
        try await cloud.cloud.erasures.sweep()
        #expect(try await cloud.storage.places(of: traces).contains("ownership.owner"))
        cloud.clock.advance(2)
        try await cloud.cloud.erasures.sweep()
        #expect(try await cloud.storage.places(of: traces) == [])
      }
    }
  }

  @Test("an account that goes while its link is being redeemed: the link is taken back, under nobody's name")
  func returnMeanwhile() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let traces = try await traces(cloud)
        let back = try await cloud.allow(try #require(try await cloud.depart(path, browser).location), browser)
        try await cloud.control("faults", #"{"operation":"token","kind":"delay","seconds":8}"#)
        let coming = Task { try await browser.get(back) }
        try await cloud.eventually("the code is being redeemed") {
          try await cloud.storage.database.read { try ($0.value("SELECT COUNT(*) FROM link_attempt") as Int?) } == 0
        }
        #expect(try await cloud.storage.beginErasure(of: traces[0], at: cloud.clock.now))
        try await cloud.cloud.erasures.sweep()
        let answer = try await coming.value
        #expect(answer.status == 403 && answer.text.contains("not in your account any more"))
        try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 0 }
        try await isGone(cloud, traces)
        try await cloud.eventually("nor anybody else") {
          try await cloud.storage.database.read { try ($0.value("SELECT COUNT(*) FROM owner") as Int?) } == 0
        }
        #expect(try await device.press().state == "void")
      }
    }
  }

  // MARK: Storage

  private struct Kept {
    let folder: String
    let keys = KeyFile(keys: [KeyFile.draw()])
    let database: EmptyDatabase

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "erasure-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      database = EmptyDatabase(folder: folder)
    }

    func open() async throws -> SQLStorage { try await database.open(keys: keys) }
  }

  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private var tokens: TokenPair { TokenPair(access: "Atza|A", refresh: "Atzr|R", expiresAt: now + 3600) }

  private func owned(_ storage: SQLStorage) async throws -> Ownership {
    let key = Fingerprint(of: "key")
    let new = NewDevice(model: "M", serial: "S", claimCode: Fingerprint(of: "code"), publicKey: key)
    try #require(try await storage.enter([new]))
    let device = try #require(try await storage.device(publicKey: key))
    let owner = try #require(
      try await storage.openAccount(email: "a@b", password: "-", recoveryCodes: [Fingerprint(of: "c")], at: now))
    try await storage.notePresence(of: device.id, at: now)
    return try #require(
      try await storage.claim(
        owner: owner.id, serial: "S", code: Fingerprint(of: "code"), presentSince: now - 600, at: now))
  }

  private func link(_ storage: SQLStorage, _ ownership: Ownership) async throws -> LinkOutcome {
    try await storage.link(
      ownership.id, device: ownership.device.id, clientID: "client", amazonUser: "amzn1.account.A", tokens: tokens,
      at: now)
  }

  @Test("a restart between the request and the end: it is still erased, Amazon is still told, and then it goes")
  func restart() async throws {
    let kept = try Kept()
    defer { try? FileManager.default.removeItem(atPath: kept.folder) }
    var storage = try await kept.open()
    let ownership = try await owned(storage)
    guard case .linked(let registration) = try await link(storage, ownership) else {
      Issue.record("not linked")
      return
    }
    #expect(try await storage.beginErasure(of: ownership.owner, at: now))
    try await storage.close()
    storage = try await kept.open()
    #expect(try await storage.owner(email: "a@b") == nil)
    #expect(try await storage.owner(id: ownership.owner) == nil)
    #expect(try await storage.export(of: ownership.owner) == nil)
    #expect(try await storage.finishErasures(at: now) == 0)
    #expect(try await storage.dueUnlinks(at: now) == [registration.id])
    #expect(try await storage.registration(registration.id)?.tokens == tokens)
    try await storage.finishUnlink(registration.id, .ended, at: now)
    #expect(try await storage.finishErasures(at: now) == 1)
    #expect(try await storage.places(of: [ownership.owner, "a@b", "amzn1.account.A"]) == [])
    #expect(try await storage.finishErasures(at: now) == 0)
  }

  @Test("whatever arrives for an account that is being erased, or is gone, crashes nothing and leaves nothing behind")
  func latecomers() async throws {
    let kept = try Kept()
    defer { try? FileManager.default.removeItem(atPath: kept.folder) }
    let storage = try await kept.open()
    let ownership = try await owned(storage)
    let owner = ownership.owner
    let known = try #require(try await storage.owner(id: owner))
    #expect(try await storage.beginErasure(of: owner, at: now))
    for isGone in [false, true] {
      if isGone { #expect(try await storage.finishErasures(at: now) == 1) }
      try await storage.insert(
        CloudSession(owner: owner, formKey: "k", expiresAt: now + 60), Fingerprint(of: "session"),
        password: known.password)
      #expect(try await storage.session(Fingerprint(of: "session"), at: now) == nil)
      #expect(try await storage.setPassword("new", of: owner, from: nil) == false)
      #expect(try await storage.rehashPassword(of: owner, from: known.password, to: "new") == false)
      try await storage.setRecoveryCodes([Fingerprint(of: "code")], of: owner)
      #expect(try await storage.recoveryCodesLeft(of: owner) == 0)
      #expect(try await storage.useRecoveryCode(Fingerprint(of: "c"), of: owner, at: now) == false)
      try await storage.notePresence(of: ownership.device.id, at: now)
      let claimed = try await storage.claim(
        owner: owner, serial: "S", code: Fingerprint(of: "code"), presentSince: now - 600, at: now)
      #expect(claimed == nil)
      #expect(try await storage.release(ownership.id, at: now) == false)
      let attempt = LinkAttempt(
        session: Fingerprint(of: "session"), ownership: ownership.id, device: ownership.device.id, verifier: "v",
        expiresAt: now + 600)
      #expect(try await storage.insert(attempt, state: Fingerprint(of: "state")) == false)
      #expect(try await storage.beginErasure(of: owner, at: now) == false)

      #expect(try await link(storage, ownership) == .noLongerOwned)
      let due = try #require(try await storage.dueUnlinks(at: now).first)
      #expect(try await storage.registration(due)?.tokens == tokens)
      // Only one link of a device is open at a time.
      try await storage.abandon(
        tokens, ownership: ownership.id, device: ownership.device.id, clientID: "client", at: now)
      #expect(try await storage.dueUnlinks(at: now) == [due])
      #expect(try await storage.finishErasures(at: now) == 0)
      try await storage.finishUnlink(due, .ended, at: now)
      try await storage.abandon(
        tokens, ownership: ownership.id, device: ownership.device.id, clientID: "client", at: now)
      let second = try #require(try await storage.dueUnlinks(at: now).first)
      #expect(second != due)
      try await storage.finishUnlink(second, .failed, at: now)
    }
    #expect(try await storage.finishErasures(at: now) == 2)
    #expect(try await storage.places(of: [owner, "a@b", "amzn1.account.A"]) == [])
    let owners = try await storage.database.read { try ($0.value("SELECT COUNT(*) FROM owner") as Int?) }
    #expect(owners == 0)
  }
}
