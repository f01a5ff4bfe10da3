import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// Cases that take two things going wrong, or two things at once.
@Suite struct OddCasesTests {
  @Test func aResetIsNotConfirmedWhileTheLinkRecordStands() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    for _ in 0..<5000 { life.amazon.script(.deregister, .unreachable) }
    storage.failures[.link] = 2  // one removal for the end of the link, one for the reset
    try life.command(.erase)
    try life.pass(3_600_000)
    #expect(life.events.contains(.erased))
    #expect(storage.records[.link] == nil, "the tokens survived a confirmed factory reset")
    let next = life.restarted(seed: 2)
    next.amazon.clearScript()
    try next.start()
    #expect(next.status.link != .linked)
    try next.press()
    #expect(next.amazon.orders.isEmpty, "ordered on the account of the owner before")
  }

  @Test func aFarewellThatCannotBeRemovedDoesNotSpin() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    for _ in 0..<5000 { life.amazon.script(.deregister, .unreachable); life.amazon.script(.refresh, .unreachable) }
    try life.command(.unlink)
    try life.pass(7 * 86_400_000 - 10_000)
    storage.failures[.farewell] = 1000
    try life.pass(60_000)
    #expect(1000 - (storage.failures[.farewell] ?? 0) < 12, "writes: \(1000 - (storage.failures[.farewell] ?? 0))")
  }

  @Test func anEndedFarewellThatCannotBeRemovedDoesNotAskTheServiceForEver() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    storage.failures[.farewell] = 0
    life.amazon.script(.deregister, .unreachable, .unreachable, .unreachable)
    try life.command(.unlink)
    storage.failures[.farewell] = 300
    let before = life.amazon.log.count
    try life.pass(600_000)
    #expect(life.amazon.log.count - before < 20, "requests: \(life.amazon.log.count - before)")
  }

  @Test func aFarewellThatCouldNotBeRemovedNeverEndsTheNewRegistration() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    for _ in 0..<3 { life.amazon.script(.deregister, .unreachable) }
    try life.command(.unlink)
    try life.command(.setup)
    storage.failures[.farewell] = 1
    life.phoneLogsIn = true
    try life.connectPhone()
    life.amazon.clearScript()
    try life.pass(86_400_000)
    #expect(!life.amazon.log.contains(.deregister))
  }

  @Test func aCodeBeingRedeemedDoesNotOutliveAFactoryReset() throws {
    let life = DeviceFixture.life()
    try life.start()
    life.phoneLogsIn = false
    try life.connectPhone()
    let device = life.device
    let moment = life.moment
    let grant = AuthorizationGrant(
      code: Secret(copying: "ANcode"), redirectURI: "https://localhost/done", clientID: "amzn1.application-oa2-client.1"
    )
    device.take(grant)
    var redeem: RequestID?
    for effect in device.handle(.wake, at: moment) { if case .request(let id, _) = effect { redeem = id } }
    let id = try #require(redeem)
    var done = false
    var effects = device.handle(.command(CommandID(7), .erase), at: moment)
    while !effects.isEmpty {
      let effect = effects.removeFirst()
      switch effect {
      case .store(let kind, _), .remove(let kind): effects += device.handle(.stored(kind, .durable), at: moment)
      case .reply(_, .done): done = true
      default: break
      }
    }
    #expect(done)
    let body = #"{"access_token":"Atza|a","refresh_token":"Atzr|r","token_type":"bearer","expires_in":3600}"#
    effects = device.handle(
      .answer(id, .answered(HTTPAnswer(status: 200, contentType: "application/json", body: Secret(copying: body)))),
      at: moment)
    let stored = effects.contains { if case .store(.link, _) = $0 { true } else { false } }
    #expect(!stored, "tokens are written after the factory reset was confirmed")
  }

  @Test func theOldRegistrationIsNotEndedWhileACodeIsRedeemed() throws {
    let life = try DeviceFixture.linked()
    life.moment.clock = 40
    try life.give(.wake)
    try life.command(.unlink)
    try life.command(.setup)
    life.phoneLogsIn = true
    try life.connectPhone()
    let before = life.amazon.log.count
    life.moment.clock = DeviceFixture.clock + 7200
    try life.give(.wake)
    try life.pass(60_000)
    let log = Array(life.amazon.log.dropFirst(before))
    #expect(!log.contains(.deregister), "\(log)")
  }

  /// Windows.
  @Test func theWindowClosesOnce() throws {
    let life = DeviceFixture.life()
    try life.start()
    try life.pass(595_000)
    try life.connectPhone()
    try life.pass(20_000)
    #expect(life.events.filter { $0 == .setupClosed }.count == 1)
  }

  /// A board without RTC.
  @Test func aClockALittleBackDoesNotExpireAPress() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<50 { life.amazon.script(.replenish, .unreachable) }
    try life.press()
    life.amazon.clearScript()
    let next = life.restarted(seed: 2, clock: life.moment.clock - 600)
    try next.start()
    next.moment.clock = life.moment.clock + 60
    try next.give(.wake)
    #expect(next.newest?.state == .testOrdered)
  }

  @Test func anOldDoubtIsNotShownOverANewerOrder() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<200 { life.amazon.script(.replenish, .brokenBefore) }
    try life.press()
    try life.pass(16 * 60_000)
    life.amazon.clearScript()
    try life.press()
    #expect(life.newest?.state == .testOrdered)
    try life.pass(60_000)
    let next = life.restarted(seed: 2)
    try next.start()
    #expect(next.lights[0] != .inDoubt)
  }

  @Test func aRefusalIsStillShownAfterARestart() throws {
    let life = try DeviceFixture.linked()
    life.amazon.script(.replenish, .status(404))
    try life.press()
    #expect(life.lights[0] == .notOrdered)
    let next = life.restarted(seed: 2)
    try next.start()
    #expect(next.lights[0] == .notOrdered)
  }

  @Test func aResetThatCouldNotBeginLeavesTheDeviceLocked() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    storage.records[.journal] = .newer(version: 2)
    let next = life.restarted(seed: 2)
    try next.start()
    storage.failures[.erasing] = 1
    try next.command(.erase)
    guard case .refused(let refusal)? = try next.command(.setup) else {
      Issue.record("set up although a later firmware's journal is there")
      return
    }
    #expect(refusal.code == .storage)
  }

  @Test func aLockedDeviceErasesTheFarewellToo() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    for _ in 0..<50 { life.amazon.script(.deregister, .unreachable) }
    try life.command(.unlink)
    storage.records[.journal] = .newer(version: 2)
    let next = life.restarted(seed: 2)
    try next.start()
    try next.command(.erase)
    try next.pass(3_600_000)
    #expect(next.events.contains(.erased))
    #expect(storage.records[.farewell] == nil)
  }

  @Test func nothingIsOrderedOnceAResetHasBegun() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    life.amazon.script(.replenish, .unreachable, .unreachable)
    try life.press()
    life.amazon.clearScript()
    storage.failures[.farewell] = 20
    try life.command(.erase)
    #expect(storage.records[.erasing] != nil)
    try life.pass(60_000)
    #expect(life.amazon.orders.isEmpty)
  }

  @Test func aWaitingCommandIsAnsweredWhenTheLinkGoes() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    life.amazon.expireAccessTokens()
    for _ in 0..<200 { life.amazon.script(.refresh, .unreachable) }
    try life.press()
    try life.pass(60_000)
    try life.command(.slots)  // the renewal waits, so the question waits too
    try life.command(.setup)
    storage.failures[.link] = 1
    life.phoneLogsIn = true
    try life.connectPhone()
    try life.pass(3_600_000)
    #expect(life.replies[1] != nil, "never answered")
  }

  @Test func twoOpenPressesOfASlotAreOneOrder() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    let entry = { (id: String) in
      #"{"id":"\#(id)","slot":"coffee","generation":1,"state":"noted","pressed":{"clock":\#(DeviceFixture.clock),"boot":"00","uptime":1}}"#
    }
    storage.records[.journal] = .whole(
      Secret(
        copying: #"{"generation":1,"entries":["# + entry("00112233445566778899aabbccddeeff") + ","
          + entry("10112233445566778899aabbccddeeff") + "]}"))
    let next = life.restarted(seed: 2)
    let before = next.amazon.log.count
    try next.start()
    #expect(next.amazon.log.dropFirst(before).filter { $0 == .replenish }.count == 1)
  }

  /// A firmware that never lets a press expire.
  @Test func aGenerousPressLifeDoesNotTrap() throws {
    var configuration = DeviceFixture.configuration
    configuration.pressLife = .max
    let life = try DeviceFixture.linked(configuration: configuration)
    life.amazon.script(.replenish, .unreachable, .unreachable)
    try life.press()
  }

  /// The board never gets the time.
  @Test func aResetEndsWithoutAClock() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    life.moment.clock = 40
    try life.give(.wake)
    try life.command(.erase)
    try life.pass(86_400_000)
    #expect(storage.records[.farewell] == nil, "the tokens stay, the reset was confirmed")
    #expect(life.status.link != .erasing)
  }

  /// Month-long clock errors that certificates do not notice.
  @Test func aClockThatRanAMonthAheadDoesNotLockTheDeviceOut() throws {
    let life = try DeviceFixture.linked()
    life.moment.isSynchronized = false
    life.moment.clock += 30 * 86_400
    try life.pass(2 * 86_400_000)
    life.moment.isSynchronized = true
    life.moment.clock -= 30 * 86_400
    try life.give(.wake)
    #expect(life.status.isClockPlausible)
  }

  @Test func aPhoneThatComesBackIsNotToldLinkedForAnOldCode() throws {
    let life = DeviceFixture.life()
    try life.start()
    for _ in 0..<300 { life.amazon.script(.refresh, .unreachable) }
    try life.connectPhone()
    let next = life.restarted(seed: 2)
    try next.start()
    try next.command(.setup)
    next.phoneLogsIn = false
    try next.connectPhone()
    next.amazon.clearScript()
    try next.pass(300_000)
    #expect(!next.told.contains(.linked))
  }

  @Test func aProvedLinkIsWrittenAsProved() throws {
    let storage = MemoryStorage()
    let life = DeviceFixture.life(storage)
    try life.start()
    life.amazon.script(.refresh, .unreachable, .unreachable)
    try life.connectPhone()
    storage.failures[.link] = 1
    try life.pass(60_000)
    #expect(life.status.link == .linked)
    guard case .whole(let record)? = storage.records[.link], let link = Link(record) else {
      Issue.record("no link")
      return
    }
    #expect(link.phase == .linked)
  }

  @Test func anUnlinkWhoseLinkRecordStaysIsNotUndone() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    storage.failures[.link] = 1000
    try life.command(.unlink)
    try life.pass(5_000)
    let next = life.restarted(seed: 2)
    try next.start()
    #expect(next.status.link != .linked)
    try next.press()
    #expect(next.amazon.orders.isEmpty)
  }

  @Test func aJoinedPressIsAcknowledgedOnlyOnceDurable() throws {
    let life = try DeviceFixture.linked()
    let device = life.device
    _ = device.handle(.command(CommandID(1), .press(slot: "coffee")), at: life.moment)
    let effects = device.handle(.command(CommandID(2), .press(slot: "coffee")), at: life.moment)
    let noted = effects.contains { if case .reply(_, .noted) = $0 { true } else { false } }
    #expect(!noted)
  }

  @Test func usageIsNotToldToTheNextAccount() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<50 { life.amazon.script(.slotStatus, .unreachable) }
    try life.command(.slotStatus(slot: "coffee", try SlotStatus(remaining: 1)))
    try life.command(.unlink)
    life.amazon.clearScript()
    try life.command(.setup)
    life.account = "somebody else"
    life.phoneLogsIn = true
    try life.connectPhone()
    try life.pass(7_200_000)
    #expect(!life.amazon.log.contains(.slotStatus))
  }

  /// The newest copy held a press that the one before it did not.
  @Test func aJournalThatFellBackHidesNoPress() throws {
    let storage = MemoryStorage()
    let first = try DeviceFixture.linked(storage)
    guard case .whole(let before)? = storage.records[.journal] else {
      Issue.record("no journal")
      return
    }
    for _ in 0..<20 { first.amazon.script(.replenish, .brokenBefore) }
    try first.press()
    storage.records[.journal] = .previous(before)
    let next = first.restarted(seed: 2)
    next.amazon.clearScript()
    try next.start()
    try next.pass(60_000)
    #expect(next.lights[0] == .inDoubt)
    #expect(next.newest?.state == .inDoubt)
    #expect(next.amazon.orders.isEmpty)
  }

  /// The journal is on a disk that could not be opened at this start.
  @Test func aRecordThatCannotBeReadNowIsNotWrittenOver() throws {
    let storage = MemoryStorage()
    let first = try DeviceFixture.linked(storage)
    for _ in 0..<20 { first.amazon.script(.replenish, .unreachable) }
    try first.press()
    let journal = storage.records[.journal]
    storage.records[.journal] = .inaccessible("/state: could not open (Too many open files); raise the limit")
    let second = first.restarted(seed: 2)
    try second.start()
    try second.press()
    try second.pass(3_600_000)
    #expect(second.amazon.orders.isEmpty)
    guard case .inaccessible = storage.records[.journal] else {
      Issue.record("the journal was written over")
      return
    }
    storage.records[.journal] = journal
    let third = second.restarted(seed: 3)
    third.amazon.clearScript()
    try third.start()
    try third.pass(60_000)
    #expect(third.newest?.state == .testOrdered)
  }
}

/// Numbers in records that nothing of ours has written.
@Suite struct HostileNumberTests {
  private func restart(_ kind: RecordKind, _ text: String) throws -> Life {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    storage.records[kind] = .whole(Secret(copying: text))
    let next = life.restarted(seed: 2)
    try next.start()
    _ = next.status
    try next.pass(60_000)
    return next
  }

  @Test func journalClock() throws {
    _ = try restart(
      .journal,
      #"{"generation":1,"entries":[{"id":"00112233445566778899aabbccddeeff","slot":"coffee","generation":1,"#
        + #""state":"noted","pressed":{"clock":-9223372036854775808,"boot":"00","uptime":1}}]}"#
    )
  }

  @Test func upkeepClock() throws { _ = try restart(.upkeep, #"{"device_status_at":-9223372036854775808}"#) }

  @Test func generation() throws {
    let next = try restart(.journal, #"{"generation":9223372036854775807,"entries":[]}"#)
    try next.command(.setup)
    next.phoneLogsIn = true
    try next.connectPhone()
  }

  @Test func farewellClock() throws {
    _ = try restart(
      .farewell,
      #"{"since":{"clock":-9223372036854775808,"boot":"00","uptime":1},"generation":1,"client_id":"c","#
        + #""refresh_token":"r","token_type":"bearer"}"#
    )
  }
}
