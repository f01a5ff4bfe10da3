import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct UnlinkTests {
  @Test func unlinkingEndsTheRegistrationAndTheTokens() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    guard case .done = try life.command(.unlink) else {
      Issue.record("refused")
      return
    }
    #expect(life.amazon.registrations.allSatisfy { !$0.isActive })
    #expect(storage.records[.link] == nil)
    #expect(storage.records[.farewell] == nil)
    #expect(life.status.link == .unlinked)
    #expect(life.events.contains(.deregistered))
  }

  @Test func offlineItIsTriedForSevenDaysAndThenWiped() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    for _ in 0..<2000 {
      life.amazon.script(.deregister, .unreachable)
      life.amazon.script(.refresh, .unreachable)
    }
    try life.command(.unlink)
    #expect(life.status.link == .unlinking)
    try life.press()
    #expect(life.amazon.orders.isEmpty)
    try life.pass(6 * 86_400_000)
    #expect(storage.records[.farewell] != nil)
    try life.pass(2 * 86_400_000)
    #expect(storage.records[.farewell] == nil)
    #expect(life.status.failure?.text.contains("Manage Your Content") == true)
  }

  @Test func theDeregistrationRenewsItsToken() throws {
    let life = try DeviceFixture.linked()
    try life.pass(2 * 3_600_000)
    try life.command(.unlink)
    #expect(life.amazon.log.suffix(2) == [.refresh, .deregister])
    #expect(life.amazon.registrations.allSatisfy { !$0.isActive })
  }

  @Test func anOldRegistrationIsNotEndedAfterANewLink() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<3 { life.amazon.script(.deregister, .unreachable) }
    try life.command(.unlink)
    try life.command(.setup)
    life.phoneLogsIn = true
    try life.connectPhone()
    life.amazon.clearScript()
    try life.pass(86_400_000)
    #expect(life.status.link == .linked)
    #expect(life.amazon.registrations.last?.isActive == true)
    #expect(!life.amazon.log.contains(.deregister))
  }

  @Test func anOpenPressIsVoid() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<20 { life.amazon.script(.replenish, .unreachable) }
    try life.press()
    try life.command(.unlink)
    life.amazon.clearScript()
    try life.pass(86_400_000)
    #expect(life.newest?.state == .void)
    #expect(life.amazon.orders.isEmpty)
  }

  @Test func aFailedWriteLeavesTheLinkAndSaysSo() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    storage.failures[.farewell] = 1
    guard case .refused(let refusal) = try life.command(.unlink) else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .storage)
    #expect(life.status.link == .linked)
  }

  @Test func eraseForgetsEverythingButTheGuesses() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    try life.press()
    guard case .done = try life.command(.erase) else {
      Issue.record("refused")
      return
    }
    #expect(Set(storage.records.keys) == [.attempts])
    #expect(life.amazon.registrations.allSatisfy { !$0.isActive })
    #expect(life.status.presses.isEmpty)
    #expect(life.events.contains(.erased))
  }

  @Test func eraseOffIineGivesUpTheRegistrationSoon() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    for _ in 0..<200 { life.amazon.script(.deregister, .unreachable) }
    try life.command(.erase)
    #expect(life.status.link == .erasing)
    try life.pass(700_000)
    #expect(Set(storage.records.keys) == [.attempts])
    #expect(life.status.link == .unlinked)
  }
}
