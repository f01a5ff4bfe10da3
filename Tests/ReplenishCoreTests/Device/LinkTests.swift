import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct LinkTests {
  @Test func theRefreshTokenIsProvedBeforeLinkedIsSaid() throws {
    let life = try DeviceFixture.linked()
    #expect(Array(life.amazon.log.prefix(2)) == [.redeem, .refresh])
    #expect(life.told.contains(.progress(.proving)))
    #expect(life.told.last == .linked)
    #expect(life.events.contains(.linked))
    #expect(!life.windowIsOpen)
  }

  @Test func aRefusedCodeCanBeTriedAgainOverTheSameConnection() throws {
    let life = DeviceFixture.life()
    try life.start()
    life.amazon.script(.redeem, .status(400))
    try life.connectPhone()
    #expect(life.status.link != .linked)
    let challenges = life.told.compactMap { message -> String? in
      if case .parameters(let parameters) = message { return parameters.codeChallenge }
      return nil
    }
    #expect(challenges.count == 2)
    #expect(Set(challenges).count == 2, "a verifier is used once")
    try life.logInAgain()
    #expect(life.status.link == .linked)
  }

  @Test func aCodeThatNeverLeftIsSentAgain() throws {
    let life = DeviceFixture.life()
    try life.start()
    life.amazon.script(.redeem, .unreachable, .unreachable)
    try life.connectPhone()
    try life.pass(5_000)
    #expect(life.status.link == .linked)
  }

  @Test func aCodeThatMayHaveBeenUsedNeedsANewLogin() throws {
    let life = DeviceFixture.life()
    try life.start()
    life.amazon.script(.redeem, .brokenAfter)
    try life.connectPhone()
    guard life.told.contains(where: { if case .failed(let failure) = $0 { failure.mayRetry } else { false } }) else {
      Issue.record("the phone was not told: \(life.told)")
      return
    }
    try life.logInAgain()
    #expect(life.status.link == .linked)
    #expect(life.amazon.registrations.count { $0.isActive } == 1)
  }

  @Test func provingGoesOnAfterTheNetworkComesBack() throws {
    let life = DeviceFixture.life()
    try life.start()
    for _ in 0..<5 { life.amazon.script(.refresh, .unreachable) }
    try life.connectPhone()
    #expect(life.status.link == .proving)
    try life.press()
    #expect(life.amazon.orders.isEmpty)
    try life.pass(120_000)
    #expect(life.status.link == .linked)
  }

  @Test func anUnprovedLinkIsProvedAfterARestart() throws {
    let life = DeviceFixture.life()
    try life.start()
    for _ in 0..<50 { life.amazon.script(.refresh, .unreachable) }
    try life.connectPhone()
    life.amazon.clearScript()
    let next = life.restarted(seed: 2)
    try next.start()
    #expect(next.status.link == .linked)
  }

  @Test func anotherClientIDIsRefusedInPlainWords() throws {
    var configuration = DeviceFixture.configuration
    configuration.clientID = "amzn1.application-oa2-client.maker"
    let life = DeviceFixture.life(configuration: configuration)
    try life.start()
    try life.connectPhone()
    #expect(life.amazon.log.isEmpty)
    #expect(
      life.told.contains {
        if case .failed(let failure) = $0 { failure.reason == .clientRefused && failure.mayRetry } else { false }
      })
  }

  @Test func invalidGrantUnlinksAndWipes() throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.linked(storage)
    life.amazon.revoke()
    try life.press()
    #expect(life.status.link == .unlinked)
    #expect(life.newest?.state == .void)
    #expect(storage.records[.link] == nil)
    #expect(life.lights[0] == .notOrdered)
    #expect(life.lights[1] == .needsLinking)
  }

  @Test(arguments: [400, 401, 500, 503])
  func noOtherErrorUnlinks(status: Int) throws {
    let life = try DeviceFixture.linked()
    life.amazon.expireAccessTokens()
    for _ in 0..<5 { life.amazon.script(.refresh, .status(status)) }
    try life.press()
    try life.pass(60_000)
    #expect(life.status.link == .linked)
    try life.pass(4 * 3_600_000)
    #expect(life.newest?.state == .testOrdered)
  }

  @Test func aPressIsNeverOrderedOnAnotherAccount() throws {
    let life = try DeviceFixture.linked()
    for _ in 0..<50 { life.amazon.script(.replenish, .unreachable) }
    try life.press()
    life.account = "somebody else"
    try life.command(.setup)
    life.phoneLogsIn = true
    try life.connectPhone()
    life.amazon.clearScript()
    try life.pass(86_400_000 / 2)
    #expect(life.status.link == .linked)
    #expect(life.amazon.orders.isEmpty)
    #expect(life.newest?.state == .void)
  }

  @Test func strictRotationWithALostReplyEndsUnlinkedAndShown() throws {
    let life = try DeviceFixture.linked()
    life.amazon.rotation = .strict
    life.amazon.expireAccessTokens()
    life.amazon.script(.refresh, .brokenAfter)
    try life.press()
    try life.pass(60_000)
    #expect(life.status.link == .unlinked)
    #expect(life.newest?.state == .void)
    #expect(life.amazon.orders.isEmpty)
  }

  @Test func lenientRotationWithALostReplyGoesOn() throws {
    let life = try DeviceFixture.linked()
    life.amazon.rotation = .lenient
    life.amazon.expireAccessTokens()
    life.amazon.script(.refresh, .brokenAfter)
    try life.press()
    try life.pass(60_000)
    #expect(life.newest?.state == .testOrdered)
  }

  @Test func theTokenIsRenewedOnceForManyCalls() throws {
    let life = try DeviceFixture.linked()
    try life.pass(2 * 3_600_000)
    let before = life.amazon.log.count
    try life.press(slot: 0)
    try life.press(slot: 1)
    #expect(life.amazon.log.dropFirst(before).filter { $0 == .refresh }.count == 1)
    #expect(life.amazon.orders.count == 2)
  }

  @Test(arguments: [1, 60, 299, 300, 301], [false, true])
  func aShortLivedTokenIsUsedAndNotRenewedForEver(life seconds: Int, ahead: Bool) throws {
    var configuration = DeviceFixture.configuration
    configuration.refreshesAhead = ahead
    let amazon = SimulatedAmazon()
    amazon.tokenLife = seconds
    let life = try DeviceFixture.linked(amazon: amazon, configuration: configuration)
    try life.press()
    #expect(life.newest?.state == .testOrdered)
    let before = amazon.log.filter { $0 == .refresh }.count
    try life.pass(10 * 60_000)
    let renewals = amazon.log.filter { $0 == .refresh }.count - before
    #expect(renewals <= (ahead ? 2 * 600 / seconds + 1 : 1))
  }
}
