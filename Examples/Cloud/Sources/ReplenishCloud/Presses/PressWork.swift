import Foundation
import Logging
import OAuthServer

/// Brings a press to its end: one call to Amazon, and another only where nobody knows what became of the first.
struct PressWork: Sendable {
  /// How long after its first call a press is tried again; then it is in doubt.
  static let patience = 900.0
  /// Longer than a refresh and two calls may take.
  static let leaseTime = 240.0

  let storage: any CloudStorage
  let amazon: AmazonClient
  let keeper: TokenKeeper
  let logger: Logger
  let now: @Sendable () -> Date

  /// Works on everything that is due.
  func sweep() async throws {
    let due = try await storage.duePresses(at: now(), limit: 100)
    try await withThrowingDiscardingTaskGroup { group in
      for press in due { group.addTask { try await work(on: press) } }
    }
  }

  /// Works on one press, unless somebody else does; gives it back if this was its end.
  @discardableResult
  func work(on press: Press) async throws -> Press? {
    let lease = newLease()
    guard let press = try await storage.leasePress(press, lease, at: now()) else { return nil }
    return try await work(on: press, lease.name)
  }

  func newLease() -> PressLease { PressLease(name: randomText(bytes: 12), until: now() + Self.leaseTime) }

  /// Works on a press as it is under that lease; gives it back if this was its end.
  func work(on press: Press, _ lease: String) async throws -> Press? {
    // Whatever was sent before this moment may have been an order.
    let mayBeOrdered = press.state == .sending
    if mayBeOrdered, let first = press.firstSentAt, first + Self.patience <= now() {
      return try await finish(press, lease, .inDoubt, "no-answer")
    }
    if !mayBeOrdered, press.expiresAt <= now() { return try await finish(press, lease, .expired, "too-old") }
    var bad: String?
    for _ in 0..<2 {
      let access: String
      switch try await token(for: press, except: bad) {
      case .token(let token): access = token
      case .ended: return try await finish(press, lease, mayBeOrdered ? .inDoubt : .void, "unlinked")
      case .unavailable(let reason):
        logger.warning("press \(press.id): no access token: \(reason)")
        return try await postpone(press, lease, wasRefused: !mayBeOrdered)
      }
      guard try await storage.beginSending(press, lease: lease, at: now()) else {
        // The link or the lease went in this instant; whoever looks next sees which.
        return try await postpone(press, lease, wasRefused: !mayBeOrdered)
      }
      switch await amazon.replenish(slot: press.slot, access: access) {
      case .value(let answer): return try await finish(press, lease, answer)
      case .badToken: bad = access
      case .refused(let status, let type):
        logger.notice("press \(press.id): Amazon refused: \(status) \(type)")
        let reason = status == 404 ? "no-such-slot" : "refused"
        return try await finish(press, lease, mayBeOrdered ? .inDoubt : .void, reason)
      case .unknown(let reason):
        logger.warning("press \(press.id): \(reason)")
        return try await postpone(press, lease, wasRefused: false)
      }
    }
    logger.warning("press \(press.id): Amazon refused a fresh access token")
    return try await postpone(press, lease, wasRefused: !mayBeOrdered)
  }

  private func token(for press: Press, except bad: String?) async throws -> TokenKeeper.Access {
    guard let id = press.registration, let generation = press.generation,
      let row = try await storage.registration(id), row.state == .live, row.generation == generation
    else { return .ended }
    return try await keeper.access(id, generation: generation, except: bad, seen: row)
  }

  private func finish(_ press: Press, _ lease: String, _ state: Press.State, _ reason: String) async throws -> Press? {
    try await storage.finish(press, lease: lease, PressResult(state: state, reason: reason))
  }

  private func finish(_ press: Press, _ lease: String, _ answer: AmazonClient.Replenished) async throws -> Press? {
    let state: Press.State
    switch answer.detailCode {
    case "STANDARD_ORDER_PLACED", "TEST_ORDER_PLACED": state = .ordered
    case "ORDER_INPROGRESS": state = .alreadyOrdered
    // A word nobody has documented: whether something was ordered is not known.
    default: state = .inDoubt
    }
    return try await storage.finish(
      press, lease: lease,
      PressResult(state: state, detailCode: answer.detailCode, eventInstanceID: answer.eventInstanceID))
  }

  /// Gives nothing back: it is not over.
  private func postpone(_ press: Press, _ lease: String, wasRefused: Bool) async throws -> Press? {
    // 5, 10, 20 … seconds, two minutes at most, and exactly when patience ends.
    let wait = min(120, 5 * pow(2, Double(min(press.attempts, 6))))
    var until = now() + wait
    if let first = press.firstSentAt, !wasRefused { until = min(until, first + Self.patience) }
    if wasRefused { until = min(until, press.expiresAt) }
    try await storage.postpone(press, lease: lease, until: until, wasRefused: wasRefused)
    return nil
  }
}
