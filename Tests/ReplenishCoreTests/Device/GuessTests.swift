import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct GuessTests {
  private func guess(_ life: Life) throws {
    if !life.windowIsOpen { try life.command(.setup) }
    try life.connectPhone()
    try life.disconnectPhone()
  }

  private func wrongCode(_ life: Life) throws { life.phoneCode = try SetupCode(Secret(copying: "82036415")) }

  @Test func threeAreFreeThenTheDelayDoubles() throws {
    let life = DeviceFixture.life()
    try life.start()
    try wrongCode(life)
    for _ in 0..<3 { try guess(life) }
    #expect(life.status.guesses.failed == 3)
    #expect(life.status.guesses.waitSeconds == 5)
    try guess(life)
    #expect(life.status.guesses.failed == 3, "a refused try is no guess")
    try life.pass(5_000)
    try guess(life)
    #expect(life.status.guesses.failed == 4)
    #expect(life.status.guesses.waitSeconds == 10)
  }

  @Test func theTwentyFifthTryIsDelayedLikeTheRest() throws {
    let life = DeviceFixture.life()
    try life.start()
    try wrongCode(life)
    for _ in 0..<25 {
      try guess(life)
      try life.pass(UInt64(life.status.guesses.waitSeconds) * 1000)
    }
    #expect(life.status.guesses.failed == 25)
    try guess(life)
    #expect(life.status.guesses.waitSeconds == 300)
    try guess(life)
    #expect(life.status.guesses.failed == 26)
  }

  @Test func theRightCodeRefunds() throws {
    let life = DeviceFixture.life()
    try life.start()
    let right = life.phoneCode
    try wrongCode(life)
    for _ in 0..<3 { try guess(life) }
    life.phoneCode = right
    try life.pass(5_000)
    try life.connectPhone()
    #expect(life.status.guesses.failed == 0)
    #expect(life.status.link == .linked)
  }

  @Test func connectingIsNotGuessing() throws {
    let life = DeviceFixture.life()
    try life.start()
    for _ in 0..<25 {
      try life.give(.phoneConnected)
      try life.give(.phoneDisconnected)
    }
    #expect(life.status.guesses.failed == 0)
  }

  @Test func theDelayRunsAgainInFullAfterARestart() throws {
    let storage = MemoryStorage()
    let life = DeviceFixture.life(storage)
    try life.start()
    try wrongCode(life)
    for _ in 0..<4 {
      try guess(life)
      try life.pass(5_000)
    }
    let wait = life.status.guesses.waitSeconds
    try life.pass(UInt64(wait) * 1000)
    let next = life.restarted(seed: 2)
    try next.start()
    #expect(next.status.guesses.failed == life.status.guesses.failed)
    #expect(next.status.guesses.waitSeconds == 10)
  }

  @Test func aGuessThatCannotBeCountedIsRefused() throws {
    let storage = MemoryStorage()
    let life = DeviceFixture.life(storage)
    try life.start()
    storage.failures[.attempts] = 1
    try life.connectPhone()
    #expect(life.status.link != .linked)
    #expect(life.refusedPhone.contains { if case .wait = $0 { true } else { false } })
  }

  @Test(arguments: [
    RecordFinding.unreadable, .previous(Secret(copying: #"{"failures":0}"#)),
    .whole(Secret(copying: "{}")), .whole(Secret(copying: #"{"failures":-1}"#)),
  ])
  func anUnreadableCountMeansTheLongestDelay(finding: RecordFinding) throws {
    let storage = MemoryStorage()
    storage.records[.attempts] = finding
    let life = DeviceFixture.life(storage)
    try life.start()
    #expect(life.status.guesses.waitSeconds == 300)
  }

  @Test func eraseDoesNotResetTheCount() throws {
    let life = DeviceFixture.life()
    try life.start()
    try wrongCode(life)
    for _ in 0..<3 { try guess(life) }
    try life.command(.erase)
    #expect(life.status.guesses.failed == 3)
  }

  @Test func noTrafficKeepsTheWindowOpen() throws {
    let life = DeviceFixture.life()
    try life.start()
    #expect(life.windowIsOpen)
    for _ in 0..<20 {
      try life.pass(29_000)
      if life.windowIsOpen { try life.command(.setup) }
      try life.give(.phoneConnected)
      try life.give(.phonePacket([2, 247, 0]))
    }
    try life.pass(20_000)
    #expect(!life.windowIsOpen)
  }

  @Test func aWindowThatCannotOpenIsNotShownAsOpen() throws {
    let life = DeviceFixture.life()
    try life.start()
    try life.give(.windowFailed("the adapter is gone; plug it in"))
    #expect(life.status.link == .unlinked)
    #expect(life.lights[0] != .setupOpen)
    #expect(life.status.failure?.text.contains("adapter") == true)
  }
}
