import Foundation
import Logging
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import ReplenishCloud

/// Many refused refresh tokens at once are not about the customers.
@Suite("Waves of invalid_grant", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct RefusalWaveTests {
  private static let refusal =
    #""kind":"status","status":400,"contentType":"application/json","body":"{\"error\":\"invalid_grant\"}""#

  @Test("one refused token ends one link")
  func single() async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(3, isKnown: false)
      try await cloud.withInstances(1) { instances, log in
        let answer = try await instances[0].access(ids[1])
        #expect(answer == "ended")
        #expect(try await cloud.storage.registration(ids[1])?.tokens == nil)
        #expect(try await cloud.states() == ["live": 2, "ended": 1])
        #expect(log.lines(.critical) == [] && log.lines(.notice).count == 1)
      }
    }
  }

  @Test(
    "at the limit each one ends its link; the next one ends nothing, keeps its tokens, and alarms once",
    arguments: [(10, 5), (299, 5), (300, 6), (450, 9)])
  func limit(links: Int, limit: Int) async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(links, isKnown: false)
      try await cloud.withInstances(1) { instances, log in
        for id in ids.prefix(limit) { #expect(try await instances[0].access(id) == "ended") }
        #expect(log.lines(.critical) == [])
        let first = ids[limit]
        let before = try await cloud.storage.registration(first)
        for id in ids[limit...].prefix(3) { #expect(try await instances[0].access(id) == "unavailable") }
        let after = try #require(try await cloud.storage.registration(first))
        #expect(after.state == .live && after.tokens == before?.tokens && after.tokens != nil)
        #expect(try await cloud.states() == ["live": links - limit, "ended": limit])
        let alarms = log.lines(.critical)
        #expect(alarms.count == 1)
        for words in [
          "\(limit + 1) of \(links) links", "ten minutes", "nothing is unlinked", "client id", "secret",
          "Allowed Return URLs", "Amazon's status",
        ] { #expect(alarms.first?.contains(words) == true, "\(words)") }
        #expect(!log.text.contains("Atz"))
      }
    }
  }

  @Test("three instances at once end no more than the limit, and one of them alarms")
  func racing() async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(60, isKnown: false)
      try await cloud.withInstances(3) { instances, log in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (number, instance) in instances.enumerated() {
            let part = ids.enumerated().filter { $0.offset % 3 == number }.map(\.element)
            group.addTask { _ = try await instance.access(part, atOnce: 20) }
          }
          try await group.waitForAll()
        }
        #expect(try await cloud.refreshes == 60)
        #expect(try await cloud.states() == ["live": 55, "ended": 5])
        #expect(log.lines(.critical).count == 1)
      }
    }
  }

  @Test("a restart forgets neither what was counted nor that a wave is on")
  func restart() async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(12, isKnown: false)
      var alarms: [Int] = []
      // Each time the program starts anew.
      for (part, answer) in [(0..<3, "ended"), (3..<5, "ended"), (5..<6, "unavailable"), (6..<9, "unavailable")] {
        try await cloud.withInstances(1) { instances, log in
          let answers = try await instances[0].access(Array(ids[part]), atOnce: 1)
          #expect(Set(answers.values) == [answer])
          alarms.append(log.lines(.critical).count)
        }
      }
      #expect(alarms == [0, 0, 1, 0])
      #expect(try await cloud.states() == ["live": 7, "ended": 5])
    }
  }

  @Test("it is over ten minutes after the limit was last passed; one instance says so, and links are ended again")
  func end() async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(10, isKnown: false)
      try await cloud.withInstances(2) { instances, log in
        for id in ids.prefix(6) { _ = try await instances[0].access(id) }
        #expect(log.lines(.critical).count == 1)
        // What was kept is left alone for five minutes; asked then, it is refused again, and that prolongs the wave.
        cloud.clock.advance(299)
        #expect(try await instances[1].access(ids[5]) == "unavailable")
        #expect(try await cloud.refreshes == 6)
        cloud.clock.advance(1)
        #expect(try await instances[1].access(ids[5]) == "unavailable")
        #expect(try await cloud.refreshes == 7)
        cloud.clock.advance(599)
        #expect(try await instances[0].access(ids[6]) == "unavailable")
        for instance in instances { try await instance.keeper.noticeEndOfWave() }
        #expect(!log.text.contains("is over"))
        #expect(try await cloud.states() == ["live": 5, "ended": 5])
        cloud.clock.advance(1)
        for instance in instances { try await instance.keeper.noticeEndOfWave() }
        #expect(log.lines(.notice).filter { $0.contains("is over") }.count == 1)
        #expect(try await instances[0].access(ids[7]) == "ended")
        #expect(try await instances[1].access(ids[5]) == "ended")
        #expect(try await cloud.states() == ["live": 3, "ended": 7])
        #expect(log.lines(.critical).count == 1)
        cloud.clock.advance(600)
        try await cloud.storage.sweep(at: cloud.clock.now)
        let left = try await cloud.storage.database.read { try ($0.value("SELECT COUNT(*) FROM refusal") as Int?) }
        #expect(left == 0)
      }
    }
  }

  @Test("nobody looked in between: the next refusal ends its link and says that the wave is over; a second wave alarms")
  func second() async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(20, isKnown: false)
      try await cloud.withInstances(1) { instances, log in
        for part in [ids.prefix(6), ids[6..<12]] {
          let answers = try await instances[0].access(Array(part), atOnce: 1)
          #expect(answers.values.filter { $0 == "ended" }.count == 5)
          cloud.clock.advance(600)
        }
        #expect(log.lines(.critical).count == 2)
        #expect(log.lines(.notice).filter { $0.contains("is over") }.count == 1)
      }
    }
  }

  @Test("the rounds notice the end, and not before")
  func rounds() async throws {
    try await CloudFixture { $0.round = 0.05 }.run { cloud in
      let ids = try await cloud.seedLinks(6, isKnown: false)
      try await cloud.withInstances(1) { instances, _ in _ = try await instances[0].access(ids, atOnce: 1) }
      let rounds = cloud.cloud.rounds
      let running = Task { try await rounds.run() }
      cloud.clock.advance(599)
      try await Task.sleep(for: .milliseconds(500))
      #expect(!cloud.fixture.log.text.contains("is over"))
      cloud.clock.advance(1)
      try await cloud.eventually("it is over") { cloud.fixture.log.text.contains("is over") }
      running.cancel()
      try await running.value
    }
  }

  @Test("a fault at Amazon costs no more links than the limit; when it is over, what was kept gets its tokens")
  func recovery() async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(20, isKnown: true)
      let usable = try await cloud.seedLinks(1, isKnown: true, secondsLeft: 100)[0]
      try await cloud.withInstances(2) { instances, _ in
        try await cloud.control("faults", #"{"operation":"token.refresh_token","times":21,\#(Self.refusal)}"#)
        let answers = try await instances[0].access(ids, atOnce: 1)
        let kept = ids.filter { answers[$0] == "unavailable" }
        #expect(kept.count == 15)
        // An access token that is still good is used, however its refresh token fares.
        let row = try #require(try await cloud.storage.registration(usable))
        for instance in instances { #expect(try await instance.access(usable) == row.tokens?.access) }
        #expect(try await cloud.refreshes == 21)
        cloud.clock.advance(300)
        let tokens = try await instances[1].access(kept + [usable], atOnce: 4)
        #expect(tokens.values.filter { $0.hasPrefix("Atza|") }.count == 16)
        #expect(try await cloud.refreshes == 37)
        #expect(try await cloud.states() == ["live": 16, "ended": 5])
        #expect(try await cloud.storage.registration(usable)?.refreshAfter == nil)
      }
    }
  }

  @Test("in a wave a press waits and is ordered later, once")
  func press() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, path) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        cloud.clock.advance(3600)
        let ids = try await cloud.seedLinks(6, isKnown: false)
        try await cloud.withInstances(1) { instances, _ in _ = try await instances[0].access(ids, atOnce: 1) }
        try await cloud.control("faults", #"{"operation":"token.refresh_token",\#(Self.refusal)}"#)
        let id = Device.pressID()
        let answer = try await device.press(id)
        #expect(answer.status == 202 && answer.state == "noted")
        #expect(try await browser.get(cloud.pages + path).text.contains("Unlink the Amazon account"))
        cloud.clock.advance(60)
        try await cloud.cloud.presses.sweep()
        #expect(try await device.press(id).state == "noted")
        cloud.clock.advance(240)
        try await cloud.cloud.presses.sweep()
        #expect(try await device.press(id).state == "ordered")
        #expect(try await cloud.calls("replenish") == 1)
      }
    }
  }

  @Test("in a wave an owner's unlink and erasure work as always, also of a link that was kept")
  func owners() async throws {
    try await CloudFixture().run { cloud in
      let browser = try await cloud.owner()
      let (device, _) = try await cloud.linkedDevice(browser)
      try await cloud.with(device) {
        let ids = try await cloud.seedLinks(7, isKnown: false, owner: "owner-of-many")
        try await cloud.withInstances(1) { instances, _ in
          _ = try await instances[0].access(ids, atOnce: 1)
          #expect(try await cloud.states() == ["live": 3, "ended": 5])
          #expect(try await device.send(.DELETE, "/v1/link").status == 202)
          #expect(try await device.press().state == "void")
          try await cloud.eventually("Amazon knows") { try await cloud.registrations() == 0 }
          try await cloud.eventually("that is on record") { try await cloud.states() == ["live": 2, "ended": 6] }
          #expect(try await cloud.storage.beginErasure(of: "owner-of-many", at: cloud.clock.now))
          #expect(try await cloud.storage.registration(ids[6])?.state == .unlinking)
          try await cloud.cloud.unlinks.sweep()
          #expect(try await cloud.states() == ["ended": 6, "unlinking": 2])
          // Once the wave is over the refusal is believed, and then nothing is left of the account.
          cloud.clock.advance(3600)
          try await cloud.cloud.unlinks.sweep()
          #expect(try await cloud.states() == ["ended": 8])
          #expect(try await cloud.storage.finishErasures(at: cloud.clock.now) == 1)
          #expect(try await cloud.storage.places(of: ["owner-of-many", "amzn1.account.SEEDED"]) == [])
        }
      }
    }
  }
}
