/// How long to wait before trying again: 0, 1, 2, 4, 10, 30, 60 seconds, then doubling to a ceiling; each give or take half.
///
/// The steps are those of Amazon's own device SDK (avs-device-sdk, LWAAuthorizationAdapter); the jitter keeps a fleet
/// that lost its network together from returning together.
public struct RetrySchedule: Sendable {
  private static let steps: [UInt64] = [0, 1000, 2000, 4000, 10_000, 30_000, 60_000]

  /// The ceiling in milliseconds, before jitter.
  public let ceiling: UInt64

  /// Makes a schedule with a ceiling in milliseconds.
  public init(ceiling: UInt64) { self.ceiling = ceiling }

  /// The wait in milliseconds after so many failures in a row.
  public func wait(afterFailures failures: Int, random: any RandomSource) -> UInt64 {
    let index = max(failures, 1) - 1
    var wait = RetrySchedule.steps[min(index, RetrySchedule.steps.count - 1)]
    var beyond = index - (RetrySchedule.steps.count - 1)
    while beyond > 0 && wait < ceiling {
      wait *= 2
      beyond -= 1
    }
    wait = min(wait, ceiling)
    guard let bytes = random.bytes(count: 2) else { return wait }
    let fraction = UInt64(bytes[0]) << 8 | UInt64(bytes[1])  // of 65536
    return wait / 2 + wait * fraction / 65536
  }
}
