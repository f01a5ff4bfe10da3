/// A point in time, as the board tells it.
public struct Moment: Equatable {
  /// Milliseconds since the board started, sleep included (`CLOCK_BOOTTIME`). Never goes back during one boot.
  public var uptime: UInt64
  /// Seconds since 1970-01-01 UTC as the board's clock has it, right or wrong (`CLOCK_REALTIME`).
  public var clock: Int64
  /// Whether something vouches for the clock: the kernel says that it is synchronized (`adjtimex`, no `STA_UNSYNC`).
  ///
  /// Boards without a clock of their own start with a time saved before the power went, which looks right and is not.
  public var isSynchronized: Bool

  /// Makes a moment.
  public init(uptime: UInt64, clock: Int64, isSynchronized: Bool = true) {
    self.uptime = uptime
    self.clock = clock
    self.isSynchronized = isSynchronized
  }
}
