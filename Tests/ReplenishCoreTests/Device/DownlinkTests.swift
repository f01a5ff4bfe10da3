import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// A device that waits for the commands of the maker's cloud.
@Suite struct DownlinkTests {
  private static let wait = "GET /v1/commands?wait=240"

  private func started(_ cloud: SimulatedCloud = SimulatedCloud(), clock: Int64 = DeviceFixture.clock) throws -> Life {
    let life = DeviceFixture.cloudLife(cloud: cloud, clock: clock, downlink: true)
    try life.start()
    try life.pass(60_000)
    return life
  }

  private func log(_ life: Life) throws -> [String] { try #require(life.cloud).log }

  private func answer(_ status: Int, _ body: String = "", retryAfter: Int? = nil) -> HTTPOutcome {
    .answered(
      HTTPAnswer(
        status: status, contentType: body.isEmpty ? nil : "application/json", retryAfter: retryAfter,
        body: Secret(copying: body)))
  }

  private func identify(_ life: Life, seconds: Int = 20, id: String = "a1") throws {
    try life.answerHeld(answer(200, #"{"action":"identify","id":"\#(id)","seconds":\#(seconds)}"#))
  }

  private let broken = HTTPOutcome.failed(TransportFailure(.broken, mayHaveBeenSent: true))

  @Test func waitsWithOneRequestAndWakesForNothing() throws {
    let life = try started()
    #expect(try log(life).filter { $0 == Self.wait }.count == 1)
    let before = life.steps
    // But for the daily status of the device.
    #expect(life.device.deadline.map { $0 > life.moment.uptime + 3_600_000 } == true)
    try life.pass(3_600_000)
    #expect(life.steps == before)
    #expect(life.held != nil)
  }

  @Test func withoutItNothingIsAsked() throws {
    let life = DeviceFixture.cloudLife()
    try life.start()
    try life.pass(600_000)
    #expect(try !log(life).contains { $0.hasPrefix("GET /v1/commands") })
  }

  @Test func identifyBlinksAsLongAsAskedAndIsAcknowledged() throws {
    let life = try started()
    try identify(life, seconds: 20)
    #expect(life.lights == [0: .identify, 1: .identify])
    #expect(life.events.last == .identify)
    #expect(try #require(life.cloud).ended == [#"{"state":"done"}"#])
    #expect(try log(life).suffix(2) == ["PUT /v1/commands/a1", Self.wait])
    try life.pass(19_000)
    #expect(life.lights[0] == .identify)
    try life.pass(2_000)
    #expect(life.lights == [0: .off, 1: .off])
    #expect(life.held != nil)
  }

  @Test func zeroSecondsEndIt() throws {
    let life = try started()
    try identify(life, seconds: 600)
    try identify(life, seconds: 0, id: "a2")
    #expect(life.lights[0] == .off)
    #expect(life.events.filter { $0 == .identify }.count == 1)
  }

  @Test func aDayOfIdentifyIsTenMinutes() throws {
    let life = try started()
    try identify(life, seconds: 65_535)
    try life.pass(601_000)
    #expect(life.lights[0] == .off)
  }

  @Test func whoTouchesTheButtonSeesThePress() throws {
    let life = try started()
    try identify(life, seconds: 600)
    try life.press()
    #expect(life.lights[0] == .ordered)
    #expect(life.newest?.state == .ordered)
  }

  @Test func aPressDoesNotWaitBehindTheHeldRequest() throws {
    let life = try started()
    #expect(life.held != nil)
    try life.press()
    #expect(life.newest?.state == .ordered)
    #expect(life.held != nil)
  }

  @Test(arguments: ["order", "press", "replenish", "Identify", "identify2", "erase"])
  func whateverElseIsAskedIsRefused(action: String) throws {
    let life = try started()
    let before = life.events.count
    try life.answerHeld(answer(200, #"{"action":"\#(action)","id":"x","slot":"coffee","seconds":5}"#))
    #expect(try #require(life.cloud).ended == [#"{"state":"refused"}"#])
    #expect(life.events.count == before + 1)
    guard case .fault(let text)? = life.events.last else { throw PowerLost() }
    #expect(text.contains("'\(action)'") && text.contains("refused"))
    #expect(life.lights[0] == .off)
    #expect(life.status.presses.isEmpty)
    #expect(try #require(life.cloud).orders.isEmpty)
    #expect(life.held != nil)
  }

  @Test(arguments: [
    "[]", "{}", "nonsense", #"{"action":"identify","id":"a"}"#, #"{"action":"identify","seconds":5}"#,
    #"{"action":"identify","id":"a","seconds":-1}"#, #"{"action":"identify","id":"a","seconds":"5"}"#,
    #"{"action":"identify","id":"a b","seconds":5}"#, #"{"action":"identify","id":"","seconds":5}"#,
  ])
  func whatIsNoCommandIsWaitedOff(body: String) throws {
    let life = try started()
    try life.answerHeld(answer(200, body))
    #expect(life.lights[0] == .off && life.held == nil)
    try life.pass(120_000)
    #expect(life.held != nil)
    #expect(try #require(life.cloud).ended.isEmpty)
  }

  @Test func anIdentifierCannotLeaveItsPlaceInThePath() throws {
    let life = try started()
    try identify(life, id: "../link?x=/y")
    #expect(try log(life).suffix(2).first == "PUT /v1/commands/..%2Flink%3Fx%3D%2Fy")
  }

  @Test func anEmptyAnswerAtItsTimeIsFollowedAtOnce() throws {
    let life = try started()
    for _ in 0..<10 {
      try life.pass(240_000)
      try life.answerHeld(answer(204))
      #expect(life.held != nil)
    }
    #expect(try log(life).filter { $0 == Self.wait }.count == 11)
  }

  @Test func aCloudThatHoldsNothingIsNotAskedWithoutEnd() throws {
    let life = try started()
    var asked = 0
    let end = life.moment.uptime + 3_600_000
    while life.moment.uptime < end {
      if life.held != nil {
        asked += 1
        try life.answerHeld(answer(204))
      }
      try life.pass(1_000)
    }
    #expect((8...30).contains(asked))
  }

  @Test func aCloudThatIsAwayIsAskedLessAndLess() throws {
    let life = try started()
    try life.answerHeld(broken)
    // Not at once: a whole fleet has lost it in this moment.
    try life.pass(10_000)
    #expect(life.held == nil)
    try life.pass(60_000)
    #expect(life.held != nil)
    var asked = 0
    let end = life.moment.uptime + 3_600_000
    while life.moment.uptime < end {
      if life.held != nil {
        asked += 1
        try life.answerHeld(broken)
      }
      try life.pass(1_000)
    }
    #expect((8...30).contains(asked))
    try life.pass(600_000)
    try identify(life)
    #expect(life.lights[0] == .identify)
    // It is back: the next failure begins anew.
    try life.answerHeld(broken)
    try life.pass(60_000)
    #expect(life.held != nil)
  }

  @Test(arguments: [401, 403, 404, 409, 429, 500, 503])
  func aRefusalIsWaitedOffAndShown(status: Int) throws {
    let life = try started()
    try life.answerHeld(answer(status, #"{"error":"x"}"#, retryAfter: status == 503 ? 300 : nil))
    #expect(life.held == nil && life.status.failure != nil)
    try life.pass(10_000)
    #expect(life.held == nil)
    if status == 503 {
      try life.pass(280_000)
      #expect(life.held == nil)
    }
    try life.pass(600_000)
    #expect(life.held != nil)
  }

  @Test func anAcknowledgementIsTriedAgainAndDroppedWhereItIsOver() throws {
    let life = try started()
    try #require(life.cloud).script("/v1/commands/", .unreachable, .status(503), .status(404))
    try identify(life)
    #expect(life.lights[0] == .identify)
    try life.pass(900_000)
    #expect(life.held != nil)
    #expect(try #require(life.cloud).ended.isEmpty)
    #expect(life.events.filter { $0 == .identify }.count == 1)
  }

  @Test func withoutAClockNothingIsAsked() throws {
    let life = try started(clock: 40)
    #expect(life.held == nil)
    life.moment.clock = DeviceFixture.clock
    try life.give(.wake)
    #expect(life.held != nil)
  }

  @Test func aDeviceThatIsErasedObeysNothing() throws {
    let life = try started()
    try #require(life.cloud).script("/v1/link", .unreachable, .unreachable, .unreachable)
    #expect(try life.command(.erase) == .done)
    try identify(life)
    #expect(life.lights[0] != .identify)
    try life.pass(60_000)
    #expect(life.events.last == .erased)
    #expect(life.held != nil)
  }

  @Test func aRestartWaitsAnew() throws {
    let life = try started()
    let next = life.restarted(seed: 2)
    try next.start()
    #expect(next.held != nil)
    try identify(next)
    #expect(next.lights[0] == .identify)
  }
}
