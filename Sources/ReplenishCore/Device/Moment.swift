/// A point in time, as the board tells it.
public struct Moment: Equatable {
  /// Milliseconds since the board started, sleep included (`CLOCK_BOOTTIME`). Never goes back during one boot.
  public var uptime: UInt64
  /// Seconds since 1970-01-01 UTC as the board's clock has it, right or wrong (`CLOCK_REALTIME`).
  public var clock: Int64

  /// Makes a moment.
  public init(uptime: UInt64, clock: Int64) {
    self.uptime = uptime
    self.clock = clock
  }
}
