import Foundation
import Logging
import NIOHTTP1
import Testing

@testable import ReplenishCloud

/// Commands to devices: `GET /v1/commands`, held, and the button on the device's page.
@Suite("Downlink", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct DownlinkTests {
  private func fixture(_ configure: @escaping @Sendable (inout CloudConfiguration) -> Void = { _ in }) throws
    -> CloudFixture
  {
    try CloudFixture {
      $0.offersDownlink = true
      configure(&$0)
    }
  }

  private func command(
    _ cloud: CloudFixture.Running, _ ownership: Int64, _ id: String = UUID().uuidString, seconds: UInt16 = 20,
    lives: Double = 60
  ) -> DeviceCommand {
    DeviceCommand(
      id: id, ownership: ownership, action: .identify(seconds: seconds), expiresAt: cloud.clock.now + lives)
  }

  private func ownership(_ path: String) throws -> Int64 { try #require(Int64(path.split(separator: "/").last ?? "")) }

  /// Asks for a command in the background, and returns once the cloud holds the request.
  private func ask(
    _ device: Device, _ cloud: CloudFixture.Running, wait: Int = 240, count: Int = 1
  ) async throws -> Task<Seen, any Error> {
    let asking = Task { try await device.send(.GET, "/v1/commands?wait=\(wait)") }
    try await cloud.eventually("the request is held") { cloud.cloud.commands.count == count }
    return asking
  }

  @Test("the button on the page reaches a device that waits; it acknowledges, and the page says so")
  func button() async throws {
    try await fixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let page = try await browser.get(cloud.pages + path)
        #expect(page.text.contains("Show me which one it is") && !page.text.contains("<script"))
        let asking = try await self.ask(device, cloud)
        let pressed = try await browser.send(
          .POST, cloud.pages + path + "/identify", form: ["csrf": page.formToken(path + "/identify")])
        #expect(pressed.status == 303 && pressed.location == path)
        let answer = try await asking.value
        #expect(answer.status == 200 && answer.members["action"] as? String == "identify")
        #expect(answer.members["seconds"] as? Int == 20)
        #expect(try await browser.get(cloud.pages + path).text.contains("The device is asked."))
        let id = try #require(answer.members["id"] as? String)
        for _ in 0..<2 {
          let ended = try await device.send(.PUT, "/v1/commands/\(id)", #"{"state":"done"}"#)
          #expect(ended.status == 200)
        }
        #expect(try await browser.get(cloud.pages + path).text.contains("The device was asked last and blinked."))
        #expect(try await cloud.storage.commandState(id, at: cloud.clock.now) == .done)
        #expect(try await device.send(.GET, "/v1/commands").status == 204)
      }
    }
  }

  @Test("pressed twice, it is asked once; what nobody heard of in time is over, and said")
  func unheard() async throws {
    try await fixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        for _ in 0..<3 { _ = try await browser.post(cloud.pages + path + "/identify", page: cloud.pages + path, [:]) }
        let count = try await cloud.storage.database.read { try $0.value("SELECT COUNT(*) FROM command") as Int? }
        #expect(count == 1)
        cloud.clock.advance(61)
        #expect(try await device.send(.GET, "/v1/commands").status == 204)
        #expect(try await browser.get(cloud.pages + path).text.contains("did not hear of it in time"))
      }
    }
  }

  @Test("a command that is there is answered at once; an empty wait ends empty, with the connection kept")
  func waits() async throws {
    try await fixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let id = try self.ownership(try await cloud.claim(device, browser))
        #expect(try await device.send(.GET, "/v1/commands?wait=1").status == 204)
        let first = self.command(cloud, id, "first")
        #expect(try await cloud.cloud.commands.note(first, at: cloud.clock.now))
        cloud.clock.advance(1)
        #expect(try await cloud.cloud.commands.note(self.command(cloud, id, "second", seconds: 0), at: cloud.clock.now))
        // Noted once, however often.
        #expect(try await cloud.cloud.commands.note(first, at: cloud.clock.now))
        for name in ["first", "second"] {
          let answer = try await device.send(.GET, "/v1/commands?wait=240")
          #expect(answer.members["id"] as? String == name)
          #expect(try await device.send(.PUT, "/v1/commands/\(name)", #"{"state":"done"}"#).status == 200)
        }
        for bad in ["-1", "x", "1.5", ""] {
          #expect(try await device.send(.GET, "/v1/commands?wait=\(bad)").status == 400)
        }
      }
    }
  }

  @Test("what another instance notes reaches the device that waits here")
  func otherInstance() async throws {
    try await fixture { $0.commandRound = 0.05 }.run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      let other = try await cloud.fixture.open()
      try await cloud.with(device) {
        let id = try self.ownership(try await cloud.claim(device, browser))
        let asking = try await self.ask(device, cloud)
        #expect(try await other.note(self.command(cloud, id, "elsewhere"), at: cloud.clock.now))
        #expect(try await asking.value.members["id"] as? String == "elsewhere")
      }
      try await other.close()
    }
  }

  @Test("while devices wait, the database is asked as often as for one")
  func oneLook() async throws {
    let storage = CountingStorage()
    let logger = Logger(label: "desk") { _ in KeepingLogHandler(lines: LogLines()) }
    let desk = CommandDesk(storage: storage, most: 10_000, interval: 0.02, logger: logger, now: { Date() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      for device in 1...500 { group.addTask { _ = try await desk.wait(Int64(device), seconds: 240) } }
      while desk.count < 500 { try await Task.sleep(for: .milliseconds(5)) }
      // Each looked once for itself when it came; from here on there are looks for all of them only.
      while storage.single < 500 { try await Task.sleep(for: .milliseconds(5)) }
      let before = storage.looks
      while storage.looks < before + 5 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(storage.single == 500)
      group.cancelAll()
    }
    #expect(desk.count == 0)
  }

  @Test("revoked certificate: a device's held request ends; restored, it may wait again")
  func revoked() async throws {
    try await fixture { $0.commandRound = 0.05 }.run { cloud in
      let device = try await cloud.device("SN1")
      let other = try await cloud.device("SN2")
      try await cloud.with(device, other) {
        // An earlier revocation is nobody's news.
        #expect(try await cloud.storage.setState(.revoked, model: "CoffeeMaker-9000", serial: "SN2"))
        let asking = try await self.ask(device, cloud)
        #expect(try await cloud.storage.setState(.revoked, model: "CoffeeMaker-9000", serial: "SN1"))
        let answer = try await asking.value
        #expect(answer.status == 403 && answer.members["error"] as? String == "unknownDevice")
        #expect(try await device.send(.GET, "/v1/commands").status == 403)
        #expect(try await cloud.storage.setState(.active, model: "CoffeeMaker-9000", serial: "SN1"))
        #expect(try await device.send(.GET, "/v1/commands?wait=1").status == 204)
      }
    }
  }

  @Test("the device that asks again takes the place of its own request; beyond the bound, others are sent away")
  func bounds() async throws {
    try await fixture { $0.mostWaitingDevices = 1 }.run { cloud in
      let device = try await cloud.device()
      let other = try await cloud.device()
      try await cloud.with(device, other) {
        let first = try await self.ask(device, cloud)
        let refused = try await other.send(.GET, "/v1/commands?wait=240")
        #expect(refused.status == 503 && refused.headers.first(name: "Retry-After") == "300")
        let second = Task { try await device.send(.GET, "/v1/commands?wait=240") }
        #expect(try await first.value.status == 204)
        #expect(cloud.cloud.commands.count == 1)
        // A look without waiting takes no place.
        #expect(try await other.send(.GET, "/v1/commands").status == 204)
        second.cancel()
      }
    }
  }

  @Test("a request may be held for four minutes and more; nobody may wait for commands unless that is configured")
  func longest() throws {
    #expect(CommandDesk.longestWait >= 240)
    let usual = CloudConfiguration(
      publicAddress: "", amazon: AmazonConfiguration(clientID: "", clientSecret: ""), mailFolder: "")
    #expect(!usual.offersDownlink)
  }

  @Test("a held request outlives the deadlines of heads and bodies, and does not keep others waiting")
  func deadlines() async throws {
    // Long enough for a handshake on a busy machine.
    try await fixture {
      $0.headSeconds = 4
      $0.bodySeconds = 4
    }.run { cloud in
      let device = try await cloud.device("SN1")
      try await cloud.with(device) {
        let (storage, now) = (cloud.storage, cloud.clock.now)
        let owner = try #require(
          try await storage.openAccount(email: "a@b", password: "-", recoveryCodes: [], at: now))
        #expect(try await device.send(.POST, "/v1/presence").status == 200)
        let ownership = try #require(
          try await storage.claim(
            owner: owner.id, serial: "SN1", code: DeviceEntry.digest(ofClaimCode: device.claimCode),
            presentSince: now - 600, at: now))
        let asking = try await self.ask(device, cloud)
        try await Task.sleep(for: .seconds(5))
        #expect(try await device.press().state == "void")
        #expect(cloud.cloud.commands.count == 1)
        #expect(try await cloud.cloud.commands.note(self.command(cloud, ownership.id, "late"), at: now))
        #expect(try await asking.value.members["id"] as? String == "late")
      }
    }
  }

  @Test("a command dies with its ownership; another device neither gets nor ends it; refused is over")
  func whose() async throws {
    try await fixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      let other = try await cloud.device()
      try await cloud.with(device, other) {
        let path = try await cloud.claim(device, browser)
        _ = try await cloud.claim(other, browser)
        let id = try self.ownership(path)
        let (desk, now) = (cloud.cloud.commands, cloud.clock.now)
        for name in ["a", "b"] { #expect(try await desk.note(self.command(cloud, id, name), at: now)) }
        #expect(try await other.send(.GET, "/v1/commands").status == 204)
        for state in ["done", "refused"] {
          #expect(try await other.send(.PUT, "/v1/commands/a", #"{"state":"\#(state)"}"#).status == 404)
        }
        #expect(try await device.send(.PUT, "/v1/commands/a", #"{"state":"ordered"}"#).status == 400)
        #expect(try await device.send(.PUT, "/v1/commands/none", #"{"state":"done"}"#).status == 404)
        #expect(try await device.send(.PUT, "/v1/commands/a", #"{"state":"refused"}"#).status == 200)
        #expect(try await device.send(.PUT, "/v1/commands/a", #"{"state":"done"}"#).status == 404)
        #expect(try await desk.commandState("a", at: now) == .over)
        #expect(try await desk.commandState("b", at: now) == .open)
        _ = try await browser.post(cloud.pages + path + "/release", page: cloud.pages + path, [:])
        #expect(try await desk.commandState("b", at: now) == .over)
        #expect(try await device.send(.GET, "/v1/commands").status == 204)
        #expect(try await desk.note(self.command(cloud, id), at: now) == false)
        #expect(try await desk.commandState("unknown", at: now) == .over)
      }
    }
  }

  @Test("another owner's device is nobody's to ask")
  func strangers() async throws {
    try await fixture().run { cloud in
      let browser = try await cloud.owner()
      let stranger = try await cloud.owner("other@example.com")
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let token = try await browser.get(cloud.pages + path).formToken(path + "/identify")
        let theirs = try await stranger.get(cloud.pages + "/account").formToken()
        for form in [["csrf": token], ["csrf": theirs], [:]] {
          let answer = try await stranger.send(.POST, cloud.pages + path + "/identify", form: form)
          #expect(answer.status == 400)
        }
        let nobody = try await cloud.browser().send(.POST, cloud.pages + path + "/identify", form: ["csrf": token])
        #expect(nobody.status == 400)
        #expect(try await device.send(.GET, "/v1/commands").status == 204)
      }
    }
  }

  @Test("without --downlink there is neither route nor button")
  func off() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let page = try await browser.get(cloud.pages + path)
        #expect(!page.text.contains("identify"))
        let answer = try await device.send(.GET, "/v1/commands?wait=240")
        #expect(answer.status == 404 && answer.members["error"] as? String == "noDownlink")
        #expect(try await device.send(.PUT, "/v1/commands/a", #"{"state":"done"}"#).status == 404)
      }
    }
  }

  @Test("dead commands are swept a day later")
  func sweep() async throws {
    try await fixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let id = try self.ownership(try await cloud.claim(device, browser))
        #expect(try await cloud.cloud.commands.note(self.command(cloud, id, "a"), at: cloud.clock.now))
        for (later, left) in [(3600.0, 1), (86_400.0, 0)] {
          cloud.clock.advance(later)
          try await cloud.storage.sweep(at: cloud.clock.now)
          let count = try await cloud.storage.database.read { try $0.value("SELECT COUNT(*) FROM command") as Int? }
          #expect(count == left)
        }
      }
    }
  }
}
