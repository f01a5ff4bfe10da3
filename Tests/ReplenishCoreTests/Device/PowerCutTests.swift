import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// The power goes at every step a device takes towards the world: each record, request, light and answer.
///
/// Here a record is written whole or not at all; the tests of the model disk cut inside the writing.
@Suite struct PowerCutTests {
  @Test(arguments: PowerCutScenario.allCases)
  func nothingIsDoubledAndNothingHidden(scenario: PowerCutScenario) throws {
    let whole = try DeviceFixture.life()
    try scenario.prepare(whole)
    let before = whole.steps
    try scenario.run(whole)
    let steps = whole.steps - before
    #expect(steps > 2)
    var lives = 0
    for cut in 0...steps {
      for comeback in PowerReturn.allCases {
        try cutAndReturn(scenario, cut, comeback)
        lives += 1
      }
    }
    print("power cuts: \(scenario.rawValue): \(steps + 1) points, \(lives) lives")
  }

  private func cutAndReturn(_ scenario: PowerCutScenario, _ cut: Int, _ comeback: PowerReturn) throws {
    let storage = MemoryStorage()
    let life = try DeviceFixture.life(storage)
    try scenario.prepare(life)
    let guesses = life.status.guesses.failed
    life.stepsLeft = cut
    do throws(PowerLost) { try scenario.run(life) } catch {}
    let where_ = "\(scenario.rawValue), cut \(cut), \(comeback)"

    let noClock = comeback == .withoutClock
    let next = try life.restarted(seed: 2, clock: noClock ? 40 : life.moment.clock + comeback.away)
    try next.start()
    if noClock {
      let orders = next.amazon.log.count
      try next.pass(60_000)
      #expect(next.amazon.log.count == orders, "\(where_): nothing is sent without a clock")
      next.moment.clock = life.moment.clock + 120
      try next.give(.wake)
    }
    try next.pass(2 * 86_400_000)
    check(scenario, life, next, where_, guesses)
  }

  private func check(_ scenario: PowerCutScenario, _ life: Life, _ next: Life, _ place: String, _ guesses: Int) {
    let amazon = life.amazon
    #expect(amazon.orders.count <= scenario.mostOrders, "\(place): doubled")
    for report in next.status.presses {
      #expect(!report.state.isOpen, "\(place): still open")
      // Of two presses one is ordered and the other may not be.
      if scenario == .secondPress { continue }
      switch report.state {
      case .ordered, .testOrdered: #expect(amazon.orders.count == 1, "\(place): shown as ordered")
      case .void, .expired, .refused: #expect(amazon.orders.isEmpty, "\(place): ordered and shown as not")
      default: break
      }
    }
    if life.acknowledged && scenario != .erase {
      #expect(!next.status.presses.isEmpty, "\(place): an acknowledged press is lost")
    }
    if amazon.orders.count == 1 && scenario != .secondPress {
      let shown: Set<PressReport.State> = [.ordered, .testOrdered, .alreadyOrdered, .inDoubt]
      #expect(next.status.presses.contains { shown.contains($0.state) }, "\(place): ordered and hidden")
    }
    switch scenario {
    case .unlink, .unlinkOffline:
      if case .done? = life.replies[1] {
        #expect(next.status.link == .unlinked, "\(place): the owner was told that the link has ended")
        #expect(amazon.registrations.allSatisfy { !$0.isActive }, "\(place): the registration stands")
      }
    case .erase:
      if next.status.link != .linked {
        #expect(next.status.presses.isEmpty, "\(place): a press survived the factory reset")
        #expect(amazon.registrations.allSatisfy { !$0.isActive }, "\(place): the registration stands")
      } else {
        #expect(life.replies[1] == nil, "\(place): the reset was confirmed")
      }
    case .link:
      // A registration that the device does not know of is replaced by the next link; the device must say so.
      #expect([.linked, .unlinked].contains(next.status.link), "\(place): neither linked nor unlinked")
      if life.told.contains(.linked) { #expect(next.status.link == .linked, "\(place): the phone was told linked") }
    case .guess:
      let left = next.status.guesses.failed > guesses
      #expect(left || !life.phoneGotProof, "\(place): a free guess")
    default: break
    }
  }
}
