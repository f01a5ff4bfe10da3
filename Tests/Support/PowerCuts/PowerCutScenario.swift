import ReplenishCore

/// Something a device does, during which the power is cut at every step.
package enum PowerCutScenario: String, CaseIterable, Sendable {
  case link, press, pressWithExpiredToken, pressWithLostReply, secondPress, strictRefresh, unlink, unlinkOffline, erase
  case relinkWithPressPending, guess

  /// What is there before: linked or not, and what the service will do.
  package func prepare(_ life: Life) throws(PowerLost) {
    switch self {
    case .link, .guess: try life.start()
    default:
      try life.start()
      try life.connectPhone()
      try life.disconnectPhone()
    }
    switch self {
    case .guess: life.phoneCode = DeviceFixture.otherCode
    case .pressWithExpiredToken: life.amazon.expireAccessTokens()
    case .pressWithLostReply: life.amazon.script(.replenish, .brokenAfter)
    case .secondPress: try life.press()
    case .strictRefresh:
      life.amazon.rotation = .strict
      life.amazon.expireAccessTokens()
    case .unlinkOffline: life.amazon.script(.deregister, .unreachable, .unreachable)
    case .relinkWithPressPending:
      for _ in 0..<30 { life.amazon.script(.replenish, .unreachable) }
      try life.press()
    default: break
    }
  }

  /// The thing itself.
  package func run(_ life: Life) throws(PowerLost) {
    switch self {
    case .link: try life.connectPhone()
    case .press, .pressWithExpiredToken, .pressWithLostReply, .secondPress, .strictRefresh:
      try life.press()
      try life.pass(5_000)
    case .unlink, .unlinkOffline:
      try life.command(.unlink)
      try life.pass(5_000)
    case .erase: try life.command(.erase)
    case .relinkWithPressPending:
      try life.command(.setup)
      life.account = "somebody else"
      life.phoneLogsIn = true
      try life.connectPhone()
    case .guess:
      try life.connectPhone()
      try life.disconnectPhone()
    }
  }

  /// How many orders may ever stand for all presses of the scenario.
  package var mostOrders: Int { self == .link || self == .guess || self == .unlink || self == .erase ? 0 : 1 }
}

/// How the board wakes after the cut.
package enum PowerReturn: String, CaseIterable, Sendable {
  case atOnce, afterSixteenMinutes, afterTwoDays, withoutClock

  package var away: Int64 {
    switch self {
    case .atOnce, .withoutClock: 30
    case .afterSixteenMinutes: 16 * 60
    case .afterTwoDays: 2 * 86_400
    }
  }

  /// What the board's clock says then.
  package func clock(after life: Life) -> Int64 { self == .withoutClock ? 40 : life.moment.clock + away }
}
