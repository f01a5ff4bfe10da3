import Foundation
import NIOPosix
import Synchronization

/// Hashes passwords beside the event loops: as many at once as there are cores, and a short queue before them.
///
/// Each costs tens of megabytes and a good part of a second, so whoever could start any number of them could stop the
/// cloud.
final class PasswordHasher: Sendable {
  /// Too many people are waiting.
  struct Busy: Error {}

  private let threads: NIOThreadPool
  private let waiting = Mutex(0)
  /// How many may wait or be worked on.
  let limit: Int
  let cost: PasswordHash.Cost
  /// Compared with when there is no account, so that this takes as long as a wrong password.
  private let decoy: PasswordHash

  init(cost: PasswordHash.Cost = .standard) throws {
    let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)
    self.cost = cost
    limit = cores * 16
    decoy = try PasswordHash(of: UUID().uuidString, cost: cost)
    threads = NIOThreadPool(numberOfThreads: cores)
    threads.start()
  }

  deinit { threads.shutdownGracefully { _ in } }

  /// Hashes a new password.
  func hash(_ password: String) async throws -> String {
    let cost = cost
    return try await run { try PasswordHash(of: password, cost: cost).text }
  }

  /// Whether the password belongs to the stored form; without one it takes as long, and is false.
  func check(_ password: String, against stored: String?) async throws -> (isRight: Bool, needsRehash: Bool) {
    let known = stored.flatMap(PasswordHash.init)
    let hash = known ?? decoy
    let matches = try await run { try hash.matches(password) }
    return (matches && known != nil, hash.cost != cost)
  }

  /// How many wait or are worked on.
  var count: Int { waiting.withLock { $0 } }

  /// Does such work on a thread of its own kind.
  func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    let isAdmitted = waiting.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
    guard isAdmitted else { throw Busy() }
    defer { waiting.withLock { $0 -= 1 } }
    return try await threads.runIfActive(work)
  }
}
