import ReplenishCore

/// What may not be, however the power went: pressed once and ordered twice, or acknowledged and hidden.
package enum PowerCutVerdict {
  /// Lets the board wake up and two days pass.
  package static func comeBack(_ life: Life, _ next: Life, _ comeback: PowerReturn) throws(PowerLost) -> [String] {
    var wrong: [String] = []
    try next.start()
    if comeback == .withoutClock {
      let before = next.amazon.log.count
      try next.pass(60_000)
      if next.amazon.log.count != before { wrong.append("something was sent without a clock") }
      next.moment.clock = life.moment.clock + 120
      try next.give(.wake)
    }
    try next.pass(2 * 86_400_000)
    return wrong
  }

  /// Compares what the service counts with what was and is shown.
  package static func check(
    _ scenario: PowerCutScenario, _ life: Life, _ next: Life, guessesBefore: Int
  ) -> [String] {
    var wrong: [String] = []
    let orders = next.amazon.orders.count
    let presses = next.status.presses
    if orders > scenario.mostOrders { wrong.append("doubled: \(orders) orders") }
    for report in presses {
      if report.state.isOpen { wrong.append("still open after two days") }
      // Of two presses one is ordered and the other may not be.
      if scenario == .secondPress { continue }
      switch report.state {
      case .ordered, .testOrdered: if orders != 1 { wrong.append("shown as ordered, orders: \(orders)") }
      case .void, .expired, .refused: if orders != 0 { wrong.append("ordered and shown as \(report.state.rawValue)") }
      default: break
      }
    }
    if life.acknowledged && scenario != .erase && presses.isEmpty { wrong.append("an acknowledged press is lost") }
    let shown: Set<PressReport.State> = [.ordered, .testOrdered, .alreadyOrdered, .inDoubt]
    if orders == 1 && !presses.contains(where: { shown.contains($0.state) }) { wrong.append("ordered and hidden") }
    wrong += checkLink(scenario, life, next)
    if scenario == .guess && life.phoneGotProof && next.status.guesses.failed <= guessesBefore {
      wrong.append("a free guess")
    }
    return wrong
  }

  private static func checkLink(_ scenario: PowerCutScenario, _ life: Life, _ next: Life) -> [String] {
    var wrong: [String] = []
    let isRegistered = next.amazon.registrations.contains { $0.isActive }
    var wasDone = false
    if case .done? = life.replies[1] { wasDone = true }
    switch scenario {
    case .unlink, .unlinkOffline:
      if wasDone && next.status.link != .unlinked { wrong.append("the owner was told that the link has ended") }
      if wasDone && isRegistered { wrong.append("the registration stands") }
    case .erase:
      if next.status.link == .linked {
        if wasDone { wrong.append("the reset was confirmed and did not happen") }
      } else {
        if !next.status.presses.isEmpty { wrong.append("a press survived the factory reset") }
        if isRegistered { wrong.append("the registration stands") }
      }
    case .link:
      if next.status.link != .linked && next.status.link != .unlinked {
        wrong.append("neither linked nor unlinked but \(next.status.link.rawValue)")
      }
      if life.told.contains(.linked) && next.status.link != .linked { wrong.append("the phone was told linked") }
    default: break
    }
    return wrong
  }
}
