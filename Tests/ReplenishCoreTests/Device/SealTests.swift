import ReplenishLinux
import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// A device whose tokens are sealed, from one start to the next.
@Suite struct SealTests {
  private static func seal(_ fill: UInt8) -> RecordSeal? {
    let key = Secret(copying: [UInt8](repeating: fill, count: RecordSeal.keyLength))
    return RecordSeal(key: key, source: "/run/key", random: ReplenishTestSupport.SeededRandom(UInt64(fill)))
  }

  private func faults(_ life: Life) -> [String] {
    life.events.compactMap { if case .fault(let text) = $0 { text } else { nil } }
  }

  private func sealedLife() throws -> (life: Life, disk: ModelDisk) {
    let disk = ModelDisk()
    let life = try DeviceFixture.linked(try DiskStorage(disk, seal: Self.seal(7)))
    try life.press()
    try life.pass(60_000)
    #expect(life.newest?.state == .testOrdered)
    return (life, disk)
  }

  @Test func ordersAndGoesOnAfterARestart() throws {
    let (life, disk) = try sealedLife()
    #expect(!disk.holds(Array("refresh_token".utf8)))
    let next = life.restarted(seed: 2, storage: try DiskStorage(disk.afterCrash(), seal: Self.seal(7)))
    try next.start()
    try next.pass(60_000)
    #expect(next.status.link == .linked && next.status.generation == 1)
  }

  /// It says so, orders nothing, unlinks nothing and keeps every byte; with the key it goes on as if nothing had been.
  @Test(arguments: [nil, 8] as [UInt8?]) func withoutItsKeyItWaitsForIt(fill: UInt8?) throws {
    let (life, disk) = try sealedLife()
    let orders = life.amazon.orders.count
    let before = disk.list("/state").map { disk.contents("/state/" + $0) }
    let other = disk.afterCrash()
    let locked = life.restarted(seed: 2, storage: try DiskStorage(other, seal: fill.flatMap(Self.seal)))
    try locked.start()
    let text = try #require(faults(locked).first)
    #expect(text.contains("/state/link."))
    #expect(locked.status.failure?.text == text)
    #expect(locked.lights[0] == .fault)
    try locked.press()
    guard case .refused(let refusal) = try locked.command(.press(slot: "coffee")) else {
      Issue.record("a press was taken")
      return
    }
    #expect(refusal.text == text)
    guard case .refused = try locked.command(.setup) else {
      Issue.record("the setup window opened")
      return
    }
    try locked.pass(2 * 86_400_000)
    #expect(locked.amazon.orders.count == orders)
    #expect(!locked.events.contains { if case .unlinked = $0 { true } else { false } })
    #expect(other.list("/state").map { other.contents("/state/" + $0) } == before)

    let again = locked.restarted(seed: 3, storage: try DiskStorage(other.afterCrash(), seal: Self.seal(7)))
    try again.start()
    try again.pass(60_000)
    #expect(again.status.link == .linked && faults(again).isEmpty)
    again.amazon.closeOrders()
    try again.press()
    try again.pass(60_000)
    #expect(again.newest?.state == .testOrdered && again.amazon.orders.count == orders + 1)
  }

  @Test func aFactoryResetWithoutTheKeyMakesRoomForANewLink() throws {
    let (life, disk) = try sealedLife()
    let next = life.restarted(seed: 2, storage: try DiskStorage(disk.afterCrash()))
    try next.start()
    #expect(try next.command(.erase) == .done)
    try next.pass(60_000)
    #expect(next.status.link == .unlinked && next.status.presses.isEmpty)
    guard case .done = try next.command(.setup) else {
      Issue.record("the setup window stayed shut")
      return
    }
    next.phoneLogsIn = true
    try next.connectPhone()
    try next.disconnectPhone()
    #expect(next.status.link == .linked)
  }

  /// What an ended link leaves is sealed as well.
  @Test func theFarewellIsSealed() throws {
    let (life, disk) = try sealedLife()
    for _ in 0..<20 { life.amazon.script(.deregister, .unreachable) }
    _ = try life.command(.unlink)
    #expect(disk.list("/state").contains("farewell.0"))
    #expect(!disk.holds(Array("refresh_token".utf8)))
  }
}
