import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// A device that orders through the maker's cloud.
@Suite struct CloudTests {

  /// A life that has started and knows that an account is linked.
  private func started(_ cloud: SimulatedCloud = SimulatedCloud(), _ storage: any LifeStorage = MemoryStorage()) throws
    -> Life
  {
    let life = DeviceFixture.cloudLife(storage, cloud: cloud)
    try life.start()
    try life.pass(60_000)
    return life
  }

  private func cloud(_ life: Life) throws -> SimulatedCloud { try #require(life.cloud) }

  @Test func aPressBecomesAnOrder() throws {
    let life = try started()
    #expect(life.status.link == .linked)
    try life.press()
    #expect(life.newest?.state == .ordered)
    #expect(life.newest?.instanceID == "order-1")
    #expect(life.lights[0] == .ordered)
    #expect(try cloud(life).orders == ["coffee"])
    let press = try #require(try cloud(life).presses.first)
    #expect(press.key == life.newest?.id.text)
    #expect(press.value.age == 0)
    #expect(life.amazon.log.isEmpty)
    try life.press()
    #expect(life.newest?.state == .alreadyOrdered)
    #expect(try cloud(life).orders.count == 1)
  }

  @Test func theSlotIsNamedByItsID() throws {
    let life = try started()
    try life.press(slot: 1)
    #expect(try cloud(life).orders == ["water-filter"])
  }

  @Test func aPressWaitsForTheCloudAndIsOrderedOnce() throws {
    let life = try started()
    try cloud(life).script("/v1/presses/", .unreachable, .brokenBefore, .brokenAfter, .status(503), .nonsense)
    try life.press()
    #expect(life.newest?.state.isOpen == true)
    #expect(life.lights[0] == .retrying)
    try life.pass(600_000)
    #expect(life.newest?.state == .ordered)
    #expect(try cloud(life).orders.count == 1)
    #expect(try cloud(life).presses.count == 1)
  }

  @Test func aPressThatTheCloudHasIsAskedFor() throws {
    let life = try started()
    try cloud(life).reachesAmazon = false
    try life.press()
    #expect(life.newest?.state == .sending)
    try life.pass(3_600_000)
    #expect(life.newest?.state == .sending)
    try cloud(life).deliver()
    try life.pass(3_600_000)
    #expect(life.newest?.state == .ordered)
    // It is asked for with patience: in an hour, far from as often as Retry-After alone would have it.
    #expect(try cloud(life).log.count { $0.hasPrefix("PUT") } < 60)
  }

  @Test func aLostAnswerIsAskedForBeyondFifteenMinutes() throws {
    let life = try started()
    for _ in 0..<200 { try cloud(life).script("/v1/presses/", .unreachable) }
    try cloud(life).script("/v1/presses/", .brokenAfter)
    try life.press()
    try life.pass(3_600_000)
    #expect(life.newest?.state.isOpen == true)
    try life.pass(20 * 3_600_000)
    #expect(life.newest?.state == .ordered)
    #expect(try cloud(life).orders.count == 1)
  }

  @Test func aPressOfWhichNothingIsHeardIsInDoubtInTheEnd() throws {
    let life = try started()
    try cloud(life).reachesAmazon = false
    try life.press()
    try life.pass(26 * 3_600_000)
    #expect(life.newest?.state == .inDoubt)
    #expect(life.newest?.reason == Texts.cloudDidNotAnswer)
  }

  @Test func aPressThatNeverLeftExpires() throws {
    let life = try started()
    for _ in 0..<10_000 { try cloud(life).script("/v1/", .unreachable) }
    try life.press()
    try life.pass(26 * 3_600_000)
    #expect(life.newest?.state == .expired)
    #expect(try cloud(life).presses.isEmpty)
  }

  @Test func withoutALinkThePressIsVoidAndSaysWhy() throws {
    let life = try started()
    try cloud(life).isLinked = false
    try life.press()
    #expect(life.newest?.state == .void)
    #expect(life.newest?.reason == Texts.cloudNotLinked.shortened(to: 200))
    #expect(life.status.link == .unlinked)
    #expect(life.events.contains(.unlinked(Texts.cloudNotLinked)))
    #expect(life.lights[0] == .notOrdered)
  }

  @Test func aRevokedDeviceIsToldSo() throws {
    let life = try started()
    try cloud(life).isRevoked = true
    try life.press()
    #expect(life.newest?.state == .refused)
    #expect(life.newest?.reason.contains("revoked") == true)
  }

  @Test func noWindowOpensByItself() throws {
    let cloud = SimulatedCloud()
    cloud.isLinked = false
    let life = try started(cloud)
    #expect(!life.windowIsOpen)
    #expect(life.status.link == .unlinked)
    #expect(life.status.windowSeconds == nil)
  }

  @Test func aLongPressLetsTheDeviceBeClaimed() throws {
    let cloud = SimulatedCloud()
    cloud.isLinked = false
    let life = try started(cloud)
    try life.give(.button(slot: 0, isDown: true))
    try life.pass(6_000)
    try life.give(.button(slot: 0, isDown: false))
    #expect(cloud.log.contains("POST /v1/presence"))
    #expect(life.status.link == .setupOpen)
    #expect(life.status.windowSeconds.map { (590...600).contains($0) } == true)
    #expect(life.lights[0] == .setupOpen)
    #expect(life.events.contains(.setupOpened(seconds: 600)))
    #expect(!life.windowIsOpen)
    #expect(life.status.presses.isEmpty)
    // The owner claims and links it meanwhile.
    cloud.isLinked = true
    try life.pass(20_000)
    #expect(life.status.link == .linked)
    #expect(life.events.contains(.linked))
    #expect(life.events.contains(.setupClosed))
    // The first status of the link follows at once.
    #expect(cloud.log.last == "POST /v1/deviceStatus")
  }

  @Test func aClaimThatNobodyMakesEnds() throws {
    let cloud = SimulatedCloud()
    cloud.isLinked = false
    let life = try started(cloud)
    #expect(try life.command(.setup) == .done)
    try life.pass(700_000)
    #expect(life.status.link == .unlinked)
    #expect(life.events.last == .setupClosed)
    let asked = cloud.log.count
    try life.pass(3_600_000)
    #expect(cloud.log.count == asked)
  }

  @Test(arguments: [SimulatedAmazon.Fault.unreachable, .status(503)])
  func presenceThatDidNotArriveIsNotClaimed(fault: SimulatedAmazon.Fault) throws {
    let life = try started()
    try cloud(life).isLinked = false
    try cloud(life).script("/v1/presence", fault, fault)
    let reply = try life.command(.setup)
    guard case .refused(let refusal) = reply else {
      Issue.record("\(String(describing: reply))")
      return
    }
    #expect(refusal.code == (fault == .unreachable ? .unreachable : .service))
    try life.give(.button(slot: 0, isDown: true))
    try life.pass(6_000)
    #expect(life.status.windowSeconds == nil)
    #expect(life.lights[0] == .fault)
  }

  @Test func commandsGoThroughTheCloud() throws {
    let life = try started()
    try life.press()
    guard case .slots(let slots) = try life.command(.slots) else { throw PowerLost() }
    #expect(slots.map { $0.slot } == ["coffee", "water-filter"])
    #expect(slots.map { $0.isSubscribed } == [true, false])
    #expect(slots[0].products == [SlotProduct(asin: "B000000001", quantity: 2, unit: "count")])
    guard case .order(let order) = try life.command(.order(instanceID: "order-1")) else { throw PowerLost() }
    #expect(order.items.map { $0.status } == [.shipped])
    let press = try #require(life.newest?.id.text)
    #expect(try cloud(life).log.last == "GET /v1/orders/\(press)")
    #expect(
      try life.command(.cancelTestOrders(slot: "filter"))
        == .cancelled([CancelledSlot(slot: "coffee", status: "NO_ORDER_IN_PROGRESS")]))
    #expect(try cloud(life).log.last == "DELETE /v1/testOrders/water-filter")
    #expect(try life.command(.slotStatus(slot: "coffee", try SlotStatus(remaining: 3))) == .done)
    #expect(try cloud(life).log.last == "POST /v1/slotStatus/coffee")
    #expect(life.amazon.log.isEmpty)
  }

  @Test func unlinkEndsTheLinkThere() throws {
    let life = try started()
    #expect(try life.command(.unlink) == .done)
    #expect(try cloud(life).isLinked == false)
    #expect(life.status.link == .unlinked)
    try life.press()
    #expect(life.newest?.state == .void)
    guard case .refused(let refusal) = try life.command(.unlink) else { throw PowerLost() }
    #expect(refusal.code == .notLinked)
  }

  @Test func unlinkThatDidNotArriveIsRefused() throws {
    let life = try started()
    try cloud(life).script("/v1/link", .unreachable)
    guard case .refused(let refusal) = try life.command(.unlink) else { throw PowerLost() }
    #expect(refusal.code == .unreachable)
    #expect(life.status.link == .linked)
  }

  @Test func aFactoryResetTellsTheCloud() throws {
    let life = try started()
    try life.press()
    try cloud(life).script("/v1/link", .unreachable, .status(503))
    #expect(try life.command(.erase) == .done)
    #expect(life.status.presses.isEmpty)
    try life.pass(60_000)
    #expect(try cloud(life).isLinked == false)
    #expect(life.events.last == .erased)
    #expect(life.status.link == .unlinked)
  }

  @Test func aFactoryResetEndsThoughTheCloudIsGone() throws {
    let storage = MemoryStorage()
    let life = try started(SimulatedCloud(), storage)
    for _ in 0..<1_000 { try cloud(life).script("/v1/link", .unreachable) }
    #expect(try life.command(.erase) == .done)
    try life.pass(1_200_000)
    #expect(life.events.contains(.fault(Texts.cloudNotTold)))
    #expect(life.events.contains(.erased))
    #expect(storage.records[.erasing] == nil)
  }

  @Test func aResetGoesOnAfterARestart() throws {
    let life = try started()
    try cloud(life).script("/v1/link", .unreachable, .unreachable, .unreachable)
    #expect(try life.command(.erase) == .done)
    let next = life.restarted(seed: 2)
    try next.start()
    try next.pass(60_000)
    #expect(try cloud(next).isLinked == false)
    #expect(next.events.last == .erased)
  }

  @Test func theDailyStatusGoesThroughTheCloud() throws {
    let life = try started()
    try life.pass(3 * 86_400_000)
    let count = try cloud(life).log.count { $0 == "POST /v1/deviceStatus" }
    #expect((3...5).contains(count))
  }

  @Test func anUnlinkedDeviceAsksOnceADay() throws {
    let cloud = SimulatedCloud()
    cloud.isLinked = false
    let life = try started(cloud)
    try life.pass(2 * 86_400_000)
    #expect((2...4).contains(cloud.log.count))
    // Somebody links it without coming near it: the next day it knows.
    cloud.isLinked = true
    try life.pass(2 * 86_400_000)
    #expect(life.status.link == .linked)
  }

  @Test func whatItKnowsOfTheLinkSurvivesARestart() throws {
    let life = try started()
    for _ in 0..<100 { try cloud(life).script("/v1/", .unreachable) }
    let next = life.restarted(seed: 2)
    try next.start()
    #expect(next.status.link == .linked)
  }

  @Test func withoutAClockNothingIsSent() throws {
    let cloud = SimulatedCloud()
    let life = DeviceFixture.cloudLife(cloud: cloud, clock: 40)
    try life.start()
    try life.press()
    #expect(life.newest?.state == .noted)
    guard case .refused(let refusal) = try life.command(.setup) else { throw PowerLost() }
    #expect(refusal.code == .clockNotSet)
    #expect(cloud.log.isEmpty)
    life.moment.clock = DeviceFixture.clock
    try life.give(.wake)
    #expect(life.newest?.state == .ordered)
  }

  @Test func aLinkOfTheDevicesOwnIsDropped() throws {
    let storage = MemoryStorage()
    let before = try DeviceFixture.linked(storage)
    before.amazon.script(.replenish, .brokenAfter, .brokenBefore, .brokenBefore, .brokenBefore)
    try before.press()
    #expect(before.newest?.state == .sending)
    var configuration = DeviceFixture.configuration
    configuration.order(through: DeviceFixture.makersCloud)
    let life = DeviceFixture.life(storage, amazon: before.amazon, configuration: configuration, seed: 2)
    life.cloud = SimulatedCloud()
    try life.start()
    try life.pass(60_000)
    // DRS may have that order: it is not for the cloud to make again.
    #expect(life.newest?.state == .inDoubt)
    #expect(life.events.contains(.fault(Texts.cloudTakesOver)))
    #expect(storage.records[.link] == nil)
    #expect(try cloud(life).presses.isEmpty)
    try life.press()
    #expect(life.newest?.state == .ordered)
  }

  @Test(arguments: [#"{"state":"ordered"}"#, #"{"id":"$","state":"posted"}"#, #"{"id":"$"}"#, "[]", ""])
  func whatIsNoAnswerEndsNothing(body: String) throws {
    let id = try #require(PressID([UInt8](repeating: 0xAB, count: 16)))
    let text = body.split(separator: "$", omittingEmptySubsequences: false).joined(separator: id.text)
    let answer = HTTPAnswer(status: 200, contentType: "application/json", body: Secret(copying: text))
    #expect(throws: DashError.self) { try CloudPress.read(answer, id) }
  }

  @Test(arguments: [
    ("ordered", "", PressReport.State.ordered), ("alreadyOrdered", "", .alreadyOrdered), ("void", "not-linked", .void),
    ("void", "no-such-slot", .refused), ("void", "refused", .refused), ("expired", "too-old", .expired),
    ("inDoubt", "no-answer", .inDoubt), ("void", "a-later-word", .void),
  ])
  func theCloudsWordsAreUnderstood(word: String, reason: String, state: PressReport.State) throws {
    let id = try #require(PressID([UInt8](repeating: 0xAB, count: 16)))
    let why = reason.isEmpty ? "" : #","reason":"\#(reason)""#
    let body = #"{"id":"\#(id.text)","slot":"coffee","state":"\#(word)"\#(why)}"#
    let press = try CloudPress.read(
      HTTPAnswer(status: 200, contentType: "application/json", body: Secret(copying: body)), id)
    #expect(press.state == state)
    #expect(press.reason.isEmpty == reason.isEmpty)
  }

  /// The power goes at every step of a press, and returns in every way: no order is doubled, none is hidden.
  @Test(arguments: [[SimulatedAmazon.Fault](), [.brokenAfter], [.brokenBefore], [.unreachable], [.nonsense]])
  func nothingIsDoubledAndNothingHidden(faults: [SimulatedAmazon.Fault]) throws {
    var lives = 0
    for comeback in PowerReturn.allCases {
      var cut = 0
      while true {
        let life = try started()
        for fault in faults { try cloud(life).script("/v1/presses/", fault) }
        life.stepsLeft = cut
        var isWhole = true
        do throws(PowerLost) {
          try life.press()
          try life.pass(5_000)
        } catch { isWhole = false }
        let next = life.restarted(seed: 2, clock: comeback.clock(after: life))
        try next.start()
        if comeback == .withoutClock {
          try next.pass(60_000)
          next.moment.clock = life.moment.clock + 120
          try next.give(.wake)
        }
        try next.pass(2 * 86_400_000)
        let orders = try cloud(next).orders.count
        let states = next.status.presses.map { $0.state }
        #expect(orders <= 1, "cut \(cut), \(comeback)")
        #expect(states.count <= 1 && !states.contains { $0.isOpen }, "cut \(cut), \(comeback)")
        if life.acknowledged { #expect(states.count == 1, "cut \(cut), \(comeback): an acknowledged press is lost") }
        #expect(
          (orders == 1) == (states == [.ordered]), "cut \(cut), \(comeback): \(orders) orders, shown as \(states)")
        lives += 1
        cut += 1
        if isWhole { break }
      }
    }
    #expect(lives > 4 * PowerReturn.allCases.count)
  }
}
