import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct OrderTests {
  @Test func aPressBecomesAnOrder() throws {
    let life = try DeviceFixture.linked()
    try life.press()
    #expect(life.newest?.state == .testOrdered)
    #expect(life.newest?.instanceID?.hasPrefix("amzn1.dash.v2.o.") == true)
    #expect(life.amazon.orders == ["coffee"])
    #expect(life.lights[0] == .ordered)
    try life.pass(11_000)
    #expect(life.lights[0] == .off)
  }

  @Test func aSecondPressIsAlreadyOrdered() throws {
    let life = try DeviceFixture.linked()
    try life.press()
    try life.press()
    #expect(life.newest?.state == .alreadyOrdered)
    #expect(life.amazon.orders.count == 1)
    #expect(life.lights[0] == .alreadyOrdered)
  }

  @Test func theSlotIDOfTheConsoleIsSent() throws {
    let life = try DeviceFixture.linked()
    try life.press(slot: 1)
    #expect(life.amazon.orders == ["water-filter"])
    #expect(life.newest?.slot == "filter")
  }

  @Test func pressesJoinTheOpenOne() throws {
    let life = try DeviceFixture.linked()
    life.amazon.script(.replenish, .unreachable, .unreachable)
    try life.press()
    let first = life.newest?.id
    try life.press()
    #expect(life.newest?.id == first)
    #expect(life.lights[0] == .retrying)
    try life.pass(60_000)
    #expect(life.amazon.orders == ["coffee"])
    #expect(life.status.presses.count == 1)
  }

  @Test func aLostReplyIsAskedAgainAndNotDoubled() throws {
    let life = try DeviceFixture.linked()
    life.amazon.script(.replenish, .brokenAfter)
    try life.press()
    #expect(life.newest?.state == .sending || life.newest?.state == .alreadyOrdered)
    try life.pass(10_000)
    #expect(life.newest?.state == .alreadyOrdered)
    #expect(life.amazon.orders == ["coffee"])
  }

  @Test func afterFifteenMinutesItIsInDoubtAndNeverSentAgain() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<200 { life.amazon.script(.replenish, .brokenBefore) }
    try life.press()
    try life.pass(16 * 60_000)
    #expect(life.newest?.state == .inDoubt)
    #expect(life.lights[0] == .inDoubt)
    life.amazon.clearScript()
    try life.pass(3 * 86_400_000)
    #expect(life.amazon.orders.isEmpty)
    #expect(life.newest?.state == .inDoubt)
  }

  @Test func anOrderDeliveredBeforeALateRetryIsNotDoubled() throws {
    let life = try DeviceFixture.linked()
    life.amazon.script(.replenish, .brokenAfter)
    for _ in 0..<200 { life.amazon.script(.replenish, .unreachable) }
    try life.press()
    try life.pass(20 * 60_000)
    life.amazon.clearScript()
    life.amazon.closeOrders()
    try life.pass(86_400_000)
    #expect(life.amazon.orders == ["coffee"])
    #expect(life.newest?.state == .inDoubt)
  }

  @Test func offlineForHoursThenOrderedOnce() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<400 { life.amazon.script(.replenish, .unreachable) }
    try life.press()
    try life.pass(5 * 3_600_000)
    #expect(life.newest?.state == .noted)
    life.amazon.clearScript()
    try life.pass(600_000)
    #expect(life.newest?.state == .testOrdered)
    #expect(life.amazon.orders == ["coffee"])
  }

  @Test func aPressExpiresAfterADay() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<4000 { life.amazon.script(.replenish, .unreachable) }
    try life.press()
    try life.pass(25 * 3_600_000)
    #expect(life.newest?.state == .expired)
    #expect(life.lights[0] == .notOrdered)
    life.amazon.clearScript()
    try life.pass(86_400_000)
    #expect(life.amazon.orders.isEmpty)
  }

  @Test(arguments: [500, 503, 429])
  func troubleAtTheServiceIsTriedAgain(status: Int) throws {
    let life = try DeviceFixture.linked()
    life.amazon.script(.replenish, .status(status), .nonsense)
    try life.press()
    #expect(life.newest?.state == .sending || life.newest?.state == .alreadyOrdered)
    try life.pass(30_000)
    #expect(life.newest?.state == .alreadyOrdered)
    #expect(life.amazon.orders.count == 1)
  }

  @Test func aRefusalEndsThePress() throws {
    let life = try DeviceFixture.linked()
    life.amazon.script(.replenish, .status(404))
    try life.press()
    #expect(life.newest?.state == .refused)
    #expect(life.newest?.reason.contains("slot") == true)
    #expect(life.lights[0] == .notOrdered)
  }

  @Test func aRefusalAfterALostReplyIsInDoubt() throws {
    let life = try DeviceFixture.linked()
    life.amazon.script(.replenish, .brokenAfter, .status(404))
    try life.press()
    try life.pass(30_000)
    #expect(life.newest?.state == .inDoubt)
  }

  @Test func anExpiredTokenIsRenewedAtOnce() throws {
    let life = try DeviceFixture.linked()
    life.amazon.expireAccessTokens()
    try life.press()
    #expect(life.newest?.state == .testOrdered)
    #expect(life.amazon.log.suffix(2) == [.refresh, .replenish])
  }

  @Test func aTokenThatStaysRefusedIsTriedWithPatience() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<6 { life.amazon.script(.replenish, .invalidToken) }
    try life.press()
    try life.pass(120_000)
    #expect(life.newest?.state == .testOrdered)
    #expect(life.amazon.orders.count == 1)
  }

  @Test func aPressWithoutLinkIsRefusedAndShown() throws {
    let life = DeviceFixture.life()
    life.configuration.opensSetupAtStart = false
    try life.start()
    try life.press()
    #expect(life.newest == nil)
    #expect(life.lights[0] == .setupOpen || life.lights[0] == .needsLinking)
  }

  @Test func aPressThatCannotBeWrittenIsNotAcknowledged() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    storage.failures[.journal] = 1
    let reply = try life.command(.press(slot: "coffee"))
    guard case .refused(let refusal) = reply else {
      Issue.record("acknowledged: \(String(describing: reply))")
      return
    }
    #expect(refusal.code == .storage)
    #expect(refusal.text.contains("space"))
    #expect(life.amazon.orders.isEmpty)
    #expect(life.lights[0] == .fault)
    try life.press()
    #expect(life.newest?.state == .testOrdered)
  }

  @Test func sendingThatCannotBeWrittenIsNotSent() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    life.amazon.script(.replenish, .unreachable, .unreachable)
    try life.press()
    storage.failures[.journal] = 3
    #expect(life.amazon.orders.isEmpty)
    try life.pass(600_000)
    #expect(life.newest?.state == .testOrdered)
    #expect(life.amazon.orders.count == 1)
    #expect(storage.failures[.journal] == 0)
  }

  @Test func aHeldButtonOpensTheWindowAndNeverOrders() throws {
    let life = try DeviceFixture.linked()
    try life.give(.button(slot: 0, isDown: true))
    try life.pass(5_000)
    #expect(life.windowIsOpen)
    try life.give(.button(slot: 0, isDown: false))
    #expect(life.amazon.orders.isEmpty)
    #expect(life.status.presses.isEmpty)
  }

  @Test func aPressOfTwoSecondsIsNothing() throws {
    let life = try DeviceFixture.linked()
    try life.give(.button(slot: 0, isDown: true))
    try life.pass(2_000)
    try life.give(.button(slot: 0, isDown: false))
    #expect(life.status.presses.isEmpty)
    #expect(!life.windowIsOpen)
  }
}
