import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct ClockTests {
  @Test func nothingIsSentIn1970AndEverythingAfterwards() throws {
    let storage = MemoryStorage()
    let first = try DeviceFixture.linked(storage)
    let life = first.restarted(seed: 2, clock: 40)
    try life.start()
    let before = life.amazon.log.count
    try life.press()
    #expect(life.newest?.state == .noted)
    #expect(life.status.link == .waitingForClock)
    try life.pass(3_600_000)
    #expect(life.amazon.log.count == before)
    life.moment.clock = DeviceFixture.clock + 86_400
    try life.give(.wake)
    #expect(life.newest?.state == .testOrdered)
    #expect(life.events.contains(.clockSet))
  }

  @Test func aPressFromBeforeTheClockExpiresAcrossABoot() throws {
    let storage = MemoryStorage()
    let first = try DeviceFixture.linked(storage)
    let second = first.restarted(seed: 2, clock: 40)
    try second.start()
    try second.press()
    let third = second.restarted(seed: 3, clock: DeviceFixture.clock + 86_400)
    try third.start()
    #expect(third.newest?.state == .expired)
    #expect(third.lights[0] == .notOrdered)
    #expect(third.amazon.orders.isEmpty)
  }

  @Test func aPressFromThisBootKeepsItsAge() throws {
    let storage = MemoryStorage()
    let first = try DeviceFixture.linked(storage)
    let life = first.restarted(seed: 2, clock: 40)
    try life.start()
    try life.press()
    try life.pass(23 * 3_600_000)
    life.moment.clock = DeviceFixture.clock + 5 * 86_400
    try life.give(.wake)
    #expect(life.newest?.state == .testOrdered)
  }

  @Test func aClockBehindTheLastTimeSeenIsNotBelieved() {
    var gate = ClockGate(floor: 1_000_000_000)
    #expect(gate.isPlausible(1_000_000_000))
    gate.saw(1_100_000_000)
    #expect(!gate.isPlausible(1_099_000_000))
    #expect(gate.isPlausible(1_100_000_000 - 86_400))
    #expect(!gate.isPlausible(1_000_000_000 + ClockGate.horizon + 1))
    gate.saw(1_000_000_000 + ClockGate.horizon + 1)
    #expect(gate.isPlausible(1_100_000_000))
  }

  @Test func theDeviceStatusIsSentDaily() throws {
    let life = try DeviceFixture.linked()
    try life.pass(7 * 86_400_000 + 3_600_000 * 2)
    let count = life.amazon.log.filter { $0 == .deviceStatus }.count
    #expect((7...8).contains(count))
  }

  @Test func aLinkedIdleDeviceSleeps() throws {
    let life = try DeviceFixture.linked()
    try life.pass(60_000)
    let deadline = try #require(life.device.deadline)
    #expect(deadline > life.moment.uptime + 20 * 3_600_000)
  }

  @Test(arguments: [true, false])
  func anOrderOfAnEarlierBootWaitsForTheNetworkToVouchForTheClock(comes: Bool) throws {
    let first = try DeviceFixture.linked()
    for _ in 0..<200 { first.amazon.script(.replenish, .brokenBefore) }
    try first.press()
    #expect(first.newest?.state == .sending)
    // Hours later the board starts with the time that it saved before the power went.
    let life = first.restarted(seed: 2, clock: first.moment.clock - 60)
    life.amazon.clearScript()
    life.moment.isSynchronized = false
    try life.start()
    try life.pass(5 * 60_000)
    #expect(life.newest?.state == .sending)
    #expect(life.amazon.orders.isEmpty)
    if comes {
      life.moment.isSynchronized = true
      life.moment.clock += 6 * 3600
    }
    try life.pass(15 * 60_000)
    #expect(life.newest?.state == .inDoubt)
    #expect(life.amazon.orders.isEmpty)
  }
}
