import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// The ends of links when records cannot be written, and when ends and beginnings meet.
@Suite struct EndingTests {
  @Test func aResetIsNotConfirmedWhileTheLinkStands() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    for _ in 0..<900 { life.amazon.script(.deregister, .unreachable) }
    storage.failures[.link] = 3
    let reply = try life.command(.erase)
    #expect(reply == nil || storage.records[.link] == nil, "confirmed while the link is on disk")
    try life.pass(120_000)
    #expect(storage.records[.link] == nil)
    try life.pass(900_000)
    #expect(Set(storage.records.keys) == [.attempts])
  }

  @Test func aFarewellThatCannotBeRemovedIsTriedWithPatience() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    storage.failures[.farewell] = 0
    for _ in 0..<3000 {
      life.amazon.script(.deregister, .unreachable)
      life.amazon.script(.refresh, .unreachable)
    }
    try life.command(.unlink)
    storage.failures[.farewell] = 20
    try life.pass(8 * 86_400_000)
    #expect(storage.records[.farewell] == nil)
    let faults = life.events.filter { if case .fault = $0 { true } else { false } }.count
    #expect(faults < 40)
  }

  @Test func anOldFarewellThatStaysOnDiskNeverEndsTheNewLink() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    for _ in 0..<3 { life.amazon.script(.deregister, .unreachable) }
    try life.command(.unlink)
    try life.command(.setup)
    life.phoneLogsIn = true
    storage.failures[.farewell] = 5
    try life.connectPhone()
    life.amazon.clearScript()
    try life.pass(86_400_000)
    #expect(life.status.link == .linked)
    #expect(!life.amazon.log.contains(.deregister))
    #expect(storage.records[.farewell] == nil)
  }

  @Test func aCodeUnderWayDoesNotSurviveAReset() throws {
    let life = try DeviceFixture.life()
    try life.start()
    life.holdsAnswers = true
    try life.connectPhone()
    #expect(life.held.count == 1)
    try life.command(.erase)
    try life.release()
    #expect(life.status.link == .unlinked)
  }

  @Test func anEndAndABeginningDoNotMeetAtTheService() throws {
    let storage = MemoryStorage()
    let first = try DeviceFixture.linked(storage)
    for _ in 0..<3 { first.amazon.script(.deregister, .unreachable) }
    try first.command(.unlink)
    first.amazon.clearScript()
    let life = try first.restarted(seed: 2, clock: 40)
    try life.start()
    if !life.windowIsOpen { try life.command(.setup) }
    life.phoneLogsIn = true
    try life.connectPhone()
    life.moment.clock = DeviceFixture.clock + 86_400
    life.holdsAnswers = true
    try life.give(.wake)
    #expect(life.held.count == 1, "one of the two at a time")
    life.holdsAnswers = false
    try life.release()
    try life.pass(86_400_000)
    #expect(life.status.link == .linked)
    #expect(life.amazon.registrations.last?.isActive == true)
  }

  @Test(arguments: [
    #"{"generation":9223372036854775807,"entries":[]}"#,
    #"{"generation":1,"entries":[{"id":"00112233445566778899aabbccddeeff","slot":"coffee","generation":1,"state":"noted","#
      + #""pressed":{"clock":-9223372036854775808,"boot":"ff","uptime":9223372036854775807}}]}"#,
    #"{"last_seen":-9223372036854775808,"device_status_at":-9223372036854775808}"#,
  ])
  func hostileNumbersInRecordsDoNotTrap(record: String) throws {
    for kind in RecordKind.allCases {
      let storage = MemoryStorage()
      let linked = try DeviceFixture.linked(storage)
      storage.records[kind] = .whole(Secret(copying: record))
      let life = try linked.restarted(seed: 2)
      try life.start()
      try life.pass(60_000)
      try life.command(.setup)
      life.phoneLogsIn = true
      try life.connectPhone()
      try life.pass(60_000)
      try life.command(.status)
    }
  }
}
