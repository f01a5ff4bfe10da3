import Foundation
import Synchronization

/// The emulator's idea of the present: a base clock plus a skew that tests can set.
public final class EmulatorClock: Sendable {
  private let base: @Sendable () -> Date
  private let offset = Mutex(0.0)

  /// Creates a clock on top of the system's or another one.
  public init(_ base: @escaping @Sendable () -> Date = { Date() }) {
    self.base = base
  }

  /// Seconds by which the emulator is ahead of the base clock.
  public var skew: Double {
    get { offset.withLock { $0 } }
    set { offset.withLock { $0 = newValue } }
  }

  /// The present moment.
  public var now: Date { base() + skew }

  /// A moment as HTTP writes it (RFC 9110 section 5.6.7).
  static func httpDate(_ date: Date) -> String {
    let style = Date.VerbatimFormatStyle(
      format:
        "\(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT",
      locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
    return date.formatted(style)
  }

  /// A moment in UTC as the overview shows it: `2026-11-21 09:23:58`.
  static func display(_ date: Date) -> String {
    date.formatted(.iso8601.dateTimeSeparator(.space)).replacing("Z", with: "")
  }
}
