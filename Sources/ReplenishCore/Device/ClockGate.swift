/// Decides whether the board's clock can be right, for boards without one start in 1970.
///
/// Before that, no TLS is tried (no certificate would be valid) and nothing expires.
public struct ClockGate {
  /// The time of this release, 2026-11-01, in seconds since 1970. Set anew with each release.
  public static let releaseFloor: Int64 = 1_793_491_200
  /// The longest a firmware can be in the field, in seconds (30 years); a later time is a broken clock.
  public static let horizon: Int64 = 30 * 365 * 86_400

  /// How far back the clock may be corrected without being disbelieved, in seconds.
  public static let correction: Int64 = 86_400

  private let base: Int64
  private var floor: Int64

  /// Makes a gate that trusts no time before `floor`, in seconds since 1970.
  public init(floor: Int64) {
    // Bounded, so that no sum below can overflow.
    base = min(max(floor, 0), 1 << 40)
    self.floor = base
  }

  /// Notes a time that the network vouches for: it cannot be earlier any more.
  ///
  /// Only such times are noted, so that a clock that ran ahead for a while cannot lock the device out afterwards.
  public mutating func saw(_ clock: Int64) {
    if isPlausible(clock) { floor = clock }
  }

  /// Whether a time in seconds since 1970 can be right. A day of correction backwards is allowed.
  public func isPlausible(_ clock: Int64) -> Bool {
    clock >= max(base, floor - ClockGate.correction) && clock <= base + ClockGate.horizon
  }
}
