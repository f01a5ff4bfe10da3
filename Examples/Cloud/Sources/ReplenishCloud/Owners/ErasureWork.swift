import Foundation
import Logging

/// Deletes erased accounts for good, once nothing of theirs is open any more.
struct ErasureWork: Sendable {
  let storage: any CloudStorage
  let logger: Logger
  let now: @Sendable () -> Date

  func sweep() async throws {
    let count = try await storage.finishErasures(at: now())
    if count > 0 { logger.info("deleted for good: \(count) erased account(s)") }
  }
}
