/// The limit on guesses at the setup code: three free, then a delay that doubles from 5 to 300 seconds, never a lock.
///
/// A guess is counted durably before the device's proof leaves it, and refunded only by a valid proof of the phone, so
/// neither hanging up nor pulling the plug buys a free one. After a restart the current delay runs again in full.
struct AttemptLimit: Equatable {
  /// Guesses that are not delayed.
  static let free = 3
  /// The first delay in milliseconds.
  static let firstDelay: UInt64 = 5_000
  /// The longest delay in milliseconds.
  static let longestDelay: UInt64 = 300_000
  /// The count that stands for "cannot be read": the longest delay.
  static let unknown = 64

  /// Guesses counted and not refunded.
  private(set) var failures: Int
  private var delayedSince: UInt64

  /// Begins with what storage found. Anything but a whole newest copy means the longest delay.
  init(_ finding: RecordFinding, at uptime: UInt64) {
    delayedSince = uptime
    failures = AttemptLimit.unknown
    switch finding {
    case .absent: failures = 0
    case .whole(let record):
      if let document = try? JSONValue.parse(record), let count = document["failures"]?.integer, count >= 0 {
        failures = Int(clamping: min(count, Int64(AttemptLimit.unknown)))
      }
    case .previous, .unreadable, .inaccessible, .newer: break
    }
  }

  /// The delay before the next guess in milliseconds, counted from the last one or from the start.
  var delay: UInt64 {
    guard failures >= AttemptLimit.free else { return 0 }
    let doublings = min(failures - AttemptLimit.free, 6)
    return min(AttemptLimit.firstDelay << UInt64(doublings), AttemptLimit.longestDelay)
  }

  /// How long the next guess must still wait, in milliseconds.
  func remaining(at uptime: UInt64) -> UInt64 {
    let end = delayedSince + delay
    return end > uptime ? end - uptime : 0
  }

  /// Counts a guess.
  mutating func count(at uptime: UInt64) {
    failures = min(failures + 1, AttemptLimit.unknown)
    delayedSince = uptime
  }

  /// Forgets all guesses, because the phone proved that it knows the code.
  mutating func refund() { failures = 0 }

  /// The record's contents.
  func encoded() -> Secret {
    let object = JSONValue.object()
    object.set("failures", Int64(failures))
    return object.encoded()
  }
}
