import Foundation
import Logging

/// Calls to the replenishment service that may be repeated at will, with a fresh token where one is needed.
struct DashCalls: Sendable {
  /// What a device or a page is told.
  enum Answer<Value: Sendable>: Sendable {
    case value(Value)
    case notLinked
    case refused(status: UInt, type: String)
    case unavailable
  }

  let storage: any CloudStorage
  let amazon: AmazonClient
  let keeper: TokenKeeper
  let logger: Logger
  let now: @Sendable () -> Date

  /// Makes a call for a device's link; a token that Amazon refuses is replaced once.
  func call<Value>(
    device: CloudDevice.ID, _ perform: (AmazonClient, String) async -> AmazonClient.DashOutcome<Value>
  ) async throws -> Answer<Value> {
    guard let registration = try await storage.liveRegistration(device: device) else { return .notLinked }
    return try await call(registration, perform)
  }

  func call<Value>(
    _ registration: Registration, _ perform: (AmazonClient, String) async -> AmazonClient.DashOutcome<Value>
  ) async throws -> Answer<Value> {
    var bad: String?
    for _ in 0..<2 {
      switch try await keeper.access(registration.id, generation: registration.generation, except: bad) {
      case .ended: return .notLinked
      case .unavailable(let reason):
        logger.warning("registration \(registration.id): no access token: \(reason)")
        return .unavailable
      case .token(let access):
        switch await perform(amazon, access) {
        case .value(let value): return .value(value)
        case .badToken: bad = access
        case .refused(let status, let type): return .refused(status: status, type: type)
        case .unknown(let reason):
          logger.warning("registration \(registration.id): \(reason)")
          return .unavailable
        }
      }
    }
    logger.warning("registration \(registration.id): Amazon refused a fresh access token")
    return .unavailable
  }

  /// Asks for the slots and keeps the answer; nil when none could be had.
  @discardableResult
  func updateSlots(of registration: Registration) async throws -> [SlotRecord]? {
    guard case .value(let slots) = try await call(registration, { await $0.slots(access: $1) }) else { return nil }
    try await storage.setSlots(slots, of: registration.id)
    return slots
  }

  /// Asks for the state of the newest orders that are still on their way, five at most.
  func updateOrders(ownership: Int64, device: CloudDevice.ID) async throws {
    let open = try await storage.presses(ownership: ownership, limit: 30).filter {
      $0.state == .ordered && $0.eventInstanceID != nil && !["Shipped", "Cancelled"].contains($0.orderStatus)
    }
    for press in open.prefix(5) {
      guard let order = press.eventInstanceID else { continue }
      let asked = now()
      let answer = try await call(device: device) { await $0.orderStatus(order, slot: press.slot, access: $1) }
      guard case .value(let state) = answer else { return }
      try await storage.setOrderStatus(state.status, of: press, at: asked)
    }
  }
}
