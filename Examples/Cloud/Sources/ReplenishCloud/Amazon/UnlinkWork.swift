import Foundation
import Logging

/// Tells Amazon that a link was taken back: for seven days, then the tokens are wiped all the same.
struct UnlinkWork: Sendable {
  static let patience = 7.0 * 86_400
  /// Longer than two refreshes and two calls may take, at thirty seconds each.
  static let leaseTime = 130.0

  let storage: any CloudStorage
  let amazon: AmazonClient
  let keeper: TokenKeeper
  let logger: Logger
  let now: @Sendable () -> Date

  /// Works on everything that is due.
  func sweep() async throws {
    for id in try await storage.dueUnlinks(at: now()) { try await work(on: id) }
  }

  func work(on id: Registration.ID) async throws {
    guard let row = try await storage.registration(id), row.state == .unlinking else { return }
    let age = now().timeIntervalSince(row.unlinkedAt ?? row.linkedAt)
    guard age < Self.patience else {
      logger.error("registration \(id): Amazon could not be told of the unlink in seven days; its tokens are wiped")
      return try await storage.finishUnlink(id, .failed, at: now())
    }
    // Nobody else does the same meanwhile: a second call might reach the owner's next link.
    guard try await storage.leaseUnlink(id, until: now() + Self.leaseTime, at: now()) else { return }
    if let reason = try await takeBack(row) {
      logger.warning("registration \(id): not taken back at Amazon yet: \(reason)")
      try await storage.postponeUnlink(id, until: now() + min(3600, max(10, age / 2)))
    }
  }

  /// Takes a registration back at Amazon; says why, where that did not work.
  private func takeBack(_ row: Registration) async throws -> String? {
    var bad: String?
    for _ in 0..<2 {
      switch try await keeper.access(row.id, generation: row.generation, except: bad) {
      case .ended: return nil
      case .unavailable(let reason): return reason
      case .token(let access):
        switch await amazon.deregister(access: access) {
        case .value, .refused(status: 404, type: _):
          logger.info("registration \(row.id): taken back at Amazon")
          try await storage.finishUnlink(row.id, .ended, at: now())
          return nil
        case .badToken: bad = access
        case .refused(let status, let type): return "\(status) \(type)"
        case .unknown(let reason): return reason
        }
      }
    }
    return "a fresh access token is refused"
  }
}
