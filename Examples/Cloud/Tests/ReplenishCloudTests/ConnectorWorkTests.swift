import Foundation
import Logging
import Testing

@testable import AmazonEmulator
@testable import ReplenishCloud

@Suite("Connector: what it sends", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct ConnectorWorkTests {
  private func run(_ test: @escaping @Sendable (ConnectorBench, Ownership, String) async throws -> Void) async throws {
    try await CloudFixture().run { cloud in
      let bench = try await ConnectorBench(cloud)
      let ownership = try await bench.owner()
      try await test(bench, ownership, await bench.grant(of: ownership.owner))
    }
  }

  private func discover(_ bench: ConnectorBench, _ token: String, _ search: String = "search1") async throws {
    try #require(
      try await bench.ask("AWS.DiscoverDevices", token, ["deviceDiscoveryId": .string(search)]).code == 200)
  }

  @Test("the owner's devices and nobody else's, under names that are random, stay, and tell nothing")
  func devices() async throws {
    try await run { bench, ownership, token async throws in
      let second = try await bench.owner(serial: "SN2")
      let given = try await bench.owner(serial: "SN3")
      _ = try await bench.owner("neighbour@example.com", serial: "SN4")
      #expect(try await bench.cloud.storage.release(given.id, at: bench.cloud.clock.now))
      try await discover(bench, token)
      try await bench.work.sweep()
      let found = try #require(await bench.discovery("search1"))
      #expect(found.status == .succeeded && found.devices.count == 2)
      #expect(found.devices.map(\.name) == ["Coffee Maker", "Coffee Maker 2"])
      let ids = found.devices.map(\.id)
      #expect(Set(ids).count == 2)
      for id in ids {
        #expect(TextRule.connectorDevice.problem(id) == nil && id.utf8.count >= 16)
        for trace in ["SN1", "SN2", "owner", ownership.owner] { #expect(!id.contains(trace)) }
      }
      let cluster = found.devices[0].report["endpoints"]?.elements?.first?["clusters"]?.elements?.first
      #expect(cluster?["id"]?.text == "0x0003" && cluster?["commands"]?.elements == [.string("0x00")])
      try await discover(bench, token, "search2")
      try await bench.work.sweep()
      #expect(await bench.discovery("search2")?.devices.map(\.id) == ids)
      #expect(try await bench.events() == ["discovery search1 sent", "discovery search2 sent"])
      #expect(try await bench.device(second) == ids[1])
      // What was sent is not sent again, also when the request comes once more.
      try await discover(bench, token)
      try await bench.work.sweep()
      #expect(await bench.sent() == 2)
    }
  }

  @Test("a command's result waits for the device, and then the device is seen identifying itself")
  func result() async throws {
    try await run { bench, ownership, token async throws in
      let device = try await bench.device(ownership)
      await bench.cloud.fixture.emulator.managed.plant(
        device: device, trace: "trace1", association: bench.association)
      #expect(try await bench.ask("AWS.SendCommand", token, ConnectorBench.identify(device)).code == 200)
      try await bench.work.sweep()
      #expect(await bench.sent() == 0)
      await bench.commands.end(try #require(await bench.commands.noted.first).id, .done)
      bench.cloud.clock.advance(1)
      try await bench.work.sweep()
      let told = try #require(await bench.notifications("DEVICE_COMMAND").first)
      #expect(told.payload["statusCode"]?.number == 200 && told.payload["traceId"]?.text == "trace1")
      let seen = try #require(await bench.notifications("DEVICE_EVENT").first)
      let cluster = seen.payload["endpoint"]?["clusters"]?.elements?.first
      #expect(cluster?["attributes"] == .members(["0x0000": .number(10)]))
      #expect(try await bench.events() == ["response trace1 sent", "identifying trace1 sent"])
      #expect(await bench.sent() == 2)
    }
  }

  @Test("a device that does not do it in time: the customer is told so")
  func over() async throws {
    try await run { bench, ownership, token async throws in
      let device = try await bench.device(ownership)
      await bench.cloud.fixture.emulator.managed.plant(
        device: device, trace: "trace1", association: bench.association)
      #expect(try await bench.ask("AWS.SendCommand", token, ConnectorBench.identify(device)).code == 200)
      await bench.commands.end(try #require(await bench.commands.noted.first).id, .over)
      try await bench.work.sweep()
      let told = try #require(await bench.notifications("DEVICE_COMMAND").first)
      #expect(told.payload["statusCode"]?.number == 504)
      #expect(try await bench.events() == ["response trace1 sent"])
    }
  }

  @Test("a grant that is gone: nothing of its owner leaves any more, also what waited already")
  func revoked() async throws {
    try await run { bench, ownership, token async throws in
      try await discover(bench, token)
      _ = try await bench.cloud.control("faults", #"{"operation":"SendConnectorEvent","kind":"status","status":503}"#)
      try await bench.work.sweep()
      #expect(await bench.sent() == 1)
      #expect(try await bench.ask("AWS.DeactivateUser", token).code == 200)
      bench.cloud.clock.advance(60)
      try await bench.work.sweep()
      #expect(await bench.sent() == 1)
      #expect(try await bench.events() == ["discovery search1 dropped"])
      // Asked anew before each one, and not remembered.
      let other = await bench.grant(of: ownership.owner, "grant2")
      let before = await bench.grants.questions
      try await discover(bench, other, "search2")
      try await bench.work.sweep()
      #expect(await bench.grants.questions == before + 1)
    }
  }

  @Test(
    "throttled, broken, cut off or not signed: tried again, later each time, until it is taken",
    arguments: [
      #"{"operation":"SendConnectorEvent","kind":"status","status":429,"times":3}"#,
      #"{"operation":"SendConnectorEvent","kind":"status","status":500,"times":3}"#,
      #"{"operation":"SendConnectorEvent","kind":"status","status":403,"times":3}"#,
      #"{"operation":"SendConnectorEvent","kind":"dropRequest","times":3}"#,
    ])
  func retries(fault: String) async throws {
    try await run { bench, _, token async throws in
      _ = try await bench.cloud.control("faults", fault)
      try await discover(bench, token)
      var waits: [Double] = []
      for _ in 0..<3 {
        try await bench.work.sweep()
        let row = try #require(
          try await bench.cloud.storage.database.read {
            try ($0.value("SELECT next_attempt_at FROM connector_event") as Double?)
          })
        waits.append(row - bench.cloud.clock.now.timeIntervalSince1970)
        // Not before its time.
        let count = await bench.sent()
        try await bench.work.sweep()
        #expect(await bench.sent() == count)
        bench.cloud.clock.advance(waits.last ?? 0)
      }
      #expect(waits == [2, 4, 8])
      try await bench.work.sweep()
      #expect(try await bench.events() == ["discovery search1 sent"])
      #expect(await bench.discovery("search1")?.status == .succeeded)
    }
  }

  @Test("without credentials nothing leaves, and nothing is lost")
  func unsigned() async throws {
    try await run { bench, _, token async throws in
      try await discover(bench, token)
      try await bench.work(FormOfSignature(hasCredentials: false)).sweep()
      #expect(await bench.sent() == 0)
      #expect(bench.cloud.fixture.log.lines(.warning).contains { $0.contains("no credentials") })
      bench.cloud.clock.advance(2)
      try await bench.work.sweep()
      #expect(try await bench.events() == ["discovery search1 sent"])
    }
  }

  @Test("what the service refuses, and what is too old, is dropped and said")
  func dropped() async throws {
    try await run { bench, _, token async throws in
      try await discover(bench, token, "unknown")
      try await bench.work.sweep()
      #expect(try await bench.events() == ["discovery unknown dropped"])
      #expect(bench.cloud.fixture.log.lines(.error).contains { $0.contains("404 ResourceNotFoundException") })
      try await discover(bench, token)
      bench.cloud.clock.advance(ConnectorDesk.discoveryLife)
      try await bench.work.sweep()
      #expect(try await bench.events() == ["discovery search1 dropped", "discovery unknown dropped"])
      #expect(await bench.sent() == 1)
      try await bench.cloud.storage.sweep(at: bench.cloud.clock.now)
      #expect(try await bench.events() == [])
    }
  }

  @Test("several instances: one of them sends; what one that died had is taken up after its lease")
  func leases() async throws {
    try await run { bench, _, token async throws in
      try await discover(bench, token)
      try await withThrowingDiscardingTaskGroup { group in
        for _ in 0..<8 { group.addTask { try await bench.work.sweep() } }
      }
      #expect(await bench.sent() == 1)
      try await discover(bench, token, "search2")
      let (storage, now) = (bench.cloud.storage, bench.cloud.clock.now)
      let due = try #require(try await storage.dueConnectorEvents(at: now, limit: 9).first)
      _ = try #require(try await storage.leaseConnectorEvent(due.id, lease: "died", until: now + 60, at: now))
      try await bench.work.sweep()
      #expect(await bench.sent() == 1)
      bench.cloud.clock.advance(60)
      try await bench.work.sweep()
      #expect(await bench.sent() == 2)
      // The one that died comes back too late to say anything.
      try await storage.finish(due, lease: "died", .dropped, then: nil, at: now)
      #expect(try await bench.events().last == "discovery search2 sent")
    }
  }

  @Test("an account that is erased: no further event, and none is left")
  func erased() async throws {
    try await run { bench, ownership, token async throws in
      try await discover(bench, token)
      let storage = bench.cloud.storage
      let device = try await bench.device(ownership)
      #expect(try await storage.beginErasure(of: ownership.owner, at: bench.cloud.clock.now))
      let answer = try await bench.ask("AWS.DiscoverDevices", token, ["deviceDiscoveryId": .string("search2")])
      #expect(answer.code == 401)
      #expect(try await storage.finishErasures(at: bench.cloud.clock.now) == 1)
      #expect(try await storage.places(of: [ownership.owner, device, "user1", "search1"]) == [])
    }
  }
}
