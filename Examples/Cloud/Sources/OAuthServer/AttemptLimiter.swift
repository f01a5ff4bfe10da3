import Foundation
import Synchronization

/// Counts failures of the last minute, so that short codes and passwords cannot be guessed at speed.
///
/// The count is for the whole server, not per address: an attacker has many addresses, and who guesses user codes
/// guesses at everybody's. It is of one process: who runs several on one storage takes `BackChannelRoutes`, with a
/// `BackChannelThrottle` and pages that keep their counts in that storage.
final class AttemptLimiter: Sendable {
  private let failures = Mutex<[Date]>([])

  /// Whether another try may be looked at.
  func allowsAttempt(at now: Date, limit: Int) -> Bool {
    failures.withLock { dates in
      dates.removeAll { $0 <= now - 60 }
      return dates.count < limit
    }
  }

  /// Notes a failure.
  func noteFailure(at now: Date) {
    failures.withLock { $0.append(now) }
  }
}
