import Foundation
import NIOHTTP1
import Testing

@testable import ReplenishCloud

@Suite("Presses", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct PressTests {
  private func run(
    _ test: @Sendable @escaping (CloudFixture.Running, Browser, Device, String) async throws -> Void
  ) async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, path) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) { try await test(cloud, browser, device, path) }
    }
  }

  @Test("a press becomes one order, however often it is reported, and the page shows what became of it")
  func once() async throws {
    try await run { cloud, browser, device, path in
      let id = Device.pressID()
      let first = try await device.press(id)
      #expect(first.status == 200 && first.state == "ordered")
      #expect(first.members["detailCode"] as? String == "TEST_ORDER_PLACED")
      for _ in 0..<3 { #expect(try await device.press(id, age: "99").text == first.text) }
      #expect(try await device.send(.GET, "/v1/presses/\(id)").text == first.text)
      #expect(try await device.press(id, slot: "water-filter").status == 409)
      #expect(try await cloud.calls("replenish") == 1)
      #expect(try await device.press().state == "alreadyOrdered")
      let page = try await browser.get(cloud.pages + path)
      #expect(page.text.contains("coffee: ordered") && page.text.contains("coffee: on order already"))
      let order = try await device.send(.GET, "/v1/orders/\(id)")
      #expect(order.members["status"] as? String == "Processing")
      try await cloud.control("orders/ship")
      let updated = try await browser.send(
        .POST, cloud.pages + path + "/update", form: ["csrf": page.formToken(path + "/update")])
      #expect(updated.status == 303)
      #expect(try await browser.get(cloud.pages + path).text.contains("ordered: Shipped"))
    }
  }

  @Test("many reports of one press at once, through two instances, make one call")
  func concurrent() async throws {
    try await run { cloud, _, device, _ in
      let second = try cloud.fixture.makeCloud(cloud.storage, amazonPort: cloud.amazonPort)
      let id = Device.pressID()
      try await cloud.control("faults", #"{"operation":"replenish","kind":"delay","seconds":0.3}"#)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { _ = try await device.press(id) } }
        group.addTask { for _ in 0..<20 { try await second.presses.sweep() } }
        try await group.waitForAll()
      }
      #expect(try await device.press(id).state == "ordered")
      #expect(try await cloud.calls("replenish") == 1)
      try await second.shutdown()
    }
  }

  @Test("a press whose answer is slow is on disk and answered 202, and ends by itself")
  func slow() async throws {
    try await CloudFixture { $0.pressPatience = 0.05 }.run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        try await cloud.control("faults", #"{"operation":"replenish","kind":"delay","seconds":8}"#)
        let id = Device.pressID()
        let answer = try await device.press(id)
        #expect(answer.status == 202 && answer.headers.first(name: "Retry-After") == "5")
        // Another press of the slot joins the one under way.
        let joined = Device.pressID()
        #expect(try await device.press(joined).status == 202)
        try await cloud.eventually("ordered") { try await device.press(id).state == "ordered" }
        let answers = (try await device.press(id), try await device.press(joined))
        #expect(answers.0.members["eventInstanceId"] as? String == answers.1.members["eventInstanceId"] as? String)
        #expect(try await cloud.calls("replenish") == 1)
      }
    }
  }

  @Test("a lost answer is asked for again, once the wait is over; there is one order")
  func lostAnswer() async throws {
    try await run { cloud, _, device, _ in
      try await cloud.control("faults", #"{"operation":"replenish","kind":"loseAnswer"}"#)
      let id = Device.pressID()
      let answer = try await device.press(id)
      #expect(answer.status == 202 && answer.state == "sending")
      try await cloud.cloud.presses.sweep()
      #expect(try await cloud.calls("replenish") == 1)
      cloud.clock.advance(10)
      try await cloud.cloud.presses.sweep()
      #expect(try await device.press(id).state == "alreadyOrdered")
      #expect(try await cloud.orders() == 1)
    }
  }

  @Test("fifteen minutes after its first call a press without an answer is in doubt, and never sent again")
  func inDoubt() async throws {
    try await run { cloud, _, device, _ in
      try await cloud.control("faults", #"{"operation":"replenish","kind":"loseAnswer","times":99}"#)
      let id = Device.pressID()
      _ = try await device.press(id)
      cloud.clock.advance(901)
      try await cloud.cloud.presses.sweep()
      #expect(try await device.press(id).state == "inDoubt")
      #expect(try await cloud.calls("replenish") == 1)
      cloud.clock.advance(86_400)
      try await cloud.cloud.presses.sweep()
      #expect(try await device.press(id).state == "inDoubt")
      #expect(try await cloud.calls("replenish") == 1)
    }
  }

  @Test("a press that was noted when the program was killed is sent by the next one; one in sending is asked about")
  func killed() async throws {
    try await run { cloud, _, device, _ in
      let deviceID = try #require(
        try await cloud.storage.device(publicKey: try DeviceEntry.publicKey(ofCertificate: device.identity.certificate))
      ).id
      // What a killed instance leaves: rows with leases that nobody will give back.
      for (slot, isSending) in [("coffee", false), ("water-filter", true)] {
        let receipt = try await cloud.storage.note(
          NewPress(id: Device.pressID(), slot: slot, pressedAt: cloud.clock.now), device: deviceID,
          limits: PressLimits(), lease: nil, at: cloud.clock.now)
        guard case .noted(let press) = receipt else { continue }
        let now = cloud.clock.now
        let lease = PressLease(name: "dead", until: now + PressWork.leaseTime)
        _ = try await cloud.storage.leasePress(press, lease, at: now)
        if isSending { #expect(try await cloud.storage.beginSending(press, lease: "dead", at: now)) }
      }
      try await cloud.cloud.presses.sweep()
      #expect(try await cloud.calls("replenish") == 0)
      cloud.clock.advance(PressWork.leaseTime + 1)
      try await cloud.cloud.presses.sweep()
      let states = try await cloud.storage.database.read { try ($0.values("SELECT state FROM press") as [String]) }
      #expect(states == ["ordered", "ordered"])
      #expect(try await cloud.calls("replenish") == 2)
    }
  }

  @Test("too old, of unknown age, from before the link: on record, and never ordered")
  func ages() async throws {
    try await run { cloud, _, device, _ in
      let old = try await device.press(age: "86401")
      #expect(old.status == 200 && old.state == "expired")
      #expect(try await device.press(age: nil).state == "expired")
      #expect(try await device.press(age: "-5").state == "expired")
      #expect(try await device.press(age: "1e300").state == "expired")
      #expect(try await device.press(age: "60").members["reason"] as? String == "before-link")
      #expect(try await cloud.calls("replenish") == 0)
      cloud.clock.advance(7200)
      #expect(try await device.press(age: "3600.5").state == "ordered")
    }
  }

  @Test("a press of an unlinked device is void for good, also when it is reported again after a link")
  func unlinked() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let device = try await cloud.device()
      try await cloud.with(device) {
        let path = try await cloud.claim(device, browser)
        let id = Device.pressID()
        #expect(try await device.press(id).members["reason"] as? String == "not-linked")
        try await cloud.link(path, browser)
        #expect(try await device.press(id, age: "0").state == "void")
        #expect(try await cloud.calls("replenish") == 0)
      }
    }
  }

  @Test("slot not of this device: void, nothing is ordered; a slot that is a path is not even looked at")
  func foreignSlot() async throws {
    try await run { cloud, _, device, _ in
      let answer = try await device.press(slot: "none")
      #expect(answer.state == "void" && answer.members["reason"] as? String == "no-such-slot")
      for slot in ["", "..", "a/b", "a b", String(repeating: "x", count: 65), #"a\u0000b"#, "caf\u{e9}"] {
        #expect(try await device.press(slot: slot).status == 400)
      }
      #expect(try await cloud.calls("replenish") == 1)
      #expect(try await cloud.orders() == 0)
    }
  }

  @Test("injection: identifiers, slots and bodies that are code are data, or refused")
  func injection() async throws {
    try await run { cloud, browser, device, path in
      #expect(try await device.press("x'; DROP TABLE press;--").status == 400)
      #expect(try await device.press(slot: "';DROP/**/TABLE").status == 400)
      let answer = try await device.press(slot: "<script>alert(1)<\\u002Fscript>".replacing("<\\u002F", with: "<"))
      #expect(answer.state == "void")
      let page = try await browser.get(cloud.pages + path)
      #expect(!page.text.contains("<script>") && page.text.contains("&lt;script&gt;"))
      #expect(try await device.press().state == "ordered")
    }
  }

  @Test("an expired token is refreshed before the call, a refused one once after it; nothing doubles")
  func refresh() async throws {
    try await run { cloud, _, device, _ in
      cloud.clock.advance(3600)
      #expect(try await device.press().state == "ordered")
      #expect(try await cloud.calls("token.refresh_token") == 1)
      try await cloud.control("orders/deliver")
      try await cloud.control("tokens/expire")
      #expect(try await device.press().state == "ordered")
      #expect(try await cloud.calls("token.refresh_token") == 2)
      #expect(try await cloud.orders() == 2)
    }
  }

  @Test("many calls of one link need one refresh, also with strict rotation and two instances; nothing is unlinked")
  func oneRefresh() async throws {
    try await run { cloud, _, device, _ in
      let second = try cloud.fixture.makeCloud(cloud.storage, amazonPort: cloud.amazonPort)
      cloud.clock.advance(3600)
      try await cloud.control("faults", #"{"operation":"token.refresh_token","kind":"delay","seconds":0.3}"#)
      let registration = try #require(
        try await cloud.storage.database.read { try ($0.value("SELECT id FROM registration") as Int64?) })
      let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
        for keeper in [cloud.cloud.keeper, second.keeper] {
          for _ in 0..<10 {
            group.addTask {
              guard case .token(let token) = try await keeper.access(registration, generation: 1) else { return nil }
              return token
            }
          }
        }
        return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
      }
      #expect(tokens.count == 1 && tokens.first ?? nil != nil)
      #expect(try await cloud.calls("token.refresh_token") == 1)
      #expect(try await device.press().state == "ordered")
      try await second.shutdown()
    }
  }

  @Test("invalid_grant unlinks; an unreachable or confused token endpoint does not")
  func invalidGrant() async throws {
    try await run { cloud, browser, device, path in
      cloud.clock.advance(3600)
      for fault in [
        #"{"operation":"token","kind":"status","status":503}"#,
        #"{"operation":"token","kind":"status","status":200,"body":"<html>"}"#,
        #"{"operation":"token","kind":"status","status":401,"body":"{\"error\":\"invalid_client\"}"}"#,
      ] {
        try await cloud.control("faults", fault)
        let answer = try await device.press(slot: "water-filter")
        #expect(answer.status == 202 && answer.state == "noted")
        #expect(try await browser.get(cloud.pages + path).text.contains("Unlink the Amazon account"))
        cloud.clock.advance(30)
        try await cloud.cloud.presses.sweep()
        #expect(try await cloud.calls("replenish") > 0)
        try await cloud.control("orders/deliver")
        cloud.clock.advance(3600)
      }
      try await cloud.control("grants/revoke")
      let answer = try await device.press()
      #expect(answer.state == "void" && answer.members["reason"] as? String == "unlinked")
      #expect(try await browser.get(cloud.pages + path).text.contains("Link an Amazon account"))
      #expect(try await device.send(.GET, "/v1/device").members["linked"] as? Bool == false)
    }
  }

  @Test("an unlink voids what was noted and does not let it out later")
  func unlinkVoids() async throws {
    try await run { cloud, _, device, _ in
      cloud.clock.advance(3600)
      try await cloud.control("faults", #"{"operation":"token","kind":"status"}"#)
      let id = Device.pressID()
      #expect(try await device.press(id).state == "noted")
      #expect(try await device.send(.DELETE, "/v1/link").status == 202)
      #expect(try await device.press(id).state == "void")
      cloud.clock.advance(600)
      try await cloud.cloud.presses.sweep()
      #expect(try await cloud.calls("replenish") == 0)
    }
  }

  @Test("slots, slotStatus, deviceStatus and cancelled test orders go through")
  func upkeep() async throws {
    try await run { cloud, _, device, _ in
      let slots = try await device.send(.GET, "/v1/slots").members["slots"] as? [[String: Any]]
      #expect(slots?.compactMap { $0["slot"] as? String } == ["coffee", "descaler", "water-filter"])
      let status = #"{"remainingQuantityInUnit":3.5,"originalQuantityInUnit":10,"lastUseDate":"2026-11-21T10:00:00Z"}"#
      #expect(try await device.send(.POST, "/v1/slotStatus/coffee", status).status == 200)
      #expect(try await device.send(.POST, "/v1/slotStatus/none", status).status == 404)
      #expect(try await device.send(.POST, "/v1/slotStatus/coffee", #"{"lastUseDate":"yesterday"}"#).status == 400)
      let active = #"{"mostRecentlyActiveDate":"2026-11-21T10:00:00Z"}"#
      #expect(try await device.send(.POST, "/v1/deviceStatus", active).status == 200)
      #expect(try await device.press().state == "ordered")
      #expect(try await device.send(.DELETE, "/v1/testOrders/coffee").status == 200)
      #expect(try await device.press().state == "ordered")
      #expect(try await device.send(.DELETE, "/v1/testOrders").status == 200)
      try await cloud.control("faults", #"{"operation":"subscriptionInfo","kind":"status"}"#)
      let unavailable = try await device.send(.GET, "/v1/slots")
      #expect(unavailable.status == 503 && unavailable.headers.first(name: "Retry-After") == "30")
      let state = try await cloud.browser().get(cloud.amazon + "/emulator/state").text
      #expect(state.contains("\"mostRecentlyActiveDate\":\"2026-11-21T10:00:00Z\"") && state.contains("3.5"))
    }
  }

  @Test("a device that presses without end is slowed down")
  func flood() async throws {
    try await run { cloud, _, device, _ in
      for _ in 0..<60 { #expect(try await device.press(age: nil).status == 200) }
      let refused = try await device.press()
      #expect(refused.status == 429 && refused.headers.first(name: "Retry-After") == "600")
      cloud.clock.advance(3601)
      #expect(try await device.press().state == "ordered")
    }
  }
}
