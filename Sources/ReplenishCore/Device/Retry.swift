/// When something that failed is tried again.
struct Retry {
  /// Failures in a row.
  private(set) var failures = 0
  /// The uptime in milliseconds before which it is not tried.
  private(set) var at: UInt64 = 0

  /// Waits after one more failure, longer if the service asked for it (`Retry-After`, seconds; an hour at most).
  mutating func failed(
    at uptime: UInt64, _ schedule: RetrySchedule, random: any RandomSource, retryAfter: Int? = nil
  ) {
    failures = min(failures + 1, 1_000_000)
    let asked = UInt64(min(max(retryAfter ?? 0, 0), 3600)) * 1000
    at = uptime + max(schedule.wait(afterFailures: failures, random: random), asked)
  }
}

extension RetrySchedule {
  /// For orders that may already be at the service: often, since the time for it is short.
  static let order = RetrySchedule(ceiling: 60_000)
  /// For anything that waits for the network to come back.
  static let network = RetrySchedule(ceiling: 300_000)
  /// For what only a person can mend.
  static let slow = RetrySchedule(ceiling: 3_600_000)
  /// For records that could not be written; a full disk is seldom emptied within a second.
  static let storage = RetrySchedule(ceiling: 60_000)
}
