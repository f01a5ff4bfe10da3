import CLinux
import ReplenishCore

/// The board's clocks.
public enum SystemClock {
  /// The moment it is now.
  public static func now() -> Moment {
    Moment(
      uptime: replenish_now_milliseconds(Int32(CLOCK_BOOTTIME)), clock: replenish_now_seconds(Int32(CLOCK_REALTIME)),
      isSynchronized: replenish_clock_is_synchronized() != 0)
  }

  /// The name of this boot as the kernel gives it; empty if it cannot be read, which counts as a new boot each time.
  public static func bootIdentity(at path: String = "/proc/sys/kernel/random/boot_id") -> BootIdentity {
    guard let bytes = try? SmallFile.read(path, limit: 64) else { return BootIdentity([]) }
    return BootIdentity(SmallFile.trimmed(bytes))
  }
}
