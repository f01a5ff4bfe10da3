/// When something happened, written so that its age can be told after a restart, or is known to be unknown.
struct Stamp: Equatable {
  /// Seconds since 1970; nil if the clock was not plausible.
  var clock: Int64?
  /// The boot it happened in.
  var boot: BootIdentity
  /// Milliseconds since that boot.
  var uptime: UInt64

  /// Its age in seconds; nil if it cannot be known.
  ///
  /// Within one boot the monotonic clock tells; across boots only two plausible times of day can.
  func age(at now: Moment, in boot: BootIdentity, clockIsPlausible: Bool) -> Int64? {
    if !boot.bytes.isEmpty && boot == self.boot && now.uptime >= uptime {
      return Int64((now.uptime - uptime) / 1000)
    }
    guard let clock, clockIsPlausible, now.clock >= clock else { return nil }
    return now.clock - clock
  }

  /// Writes it as a member of a record.
  func write(to object: JSONValue) {
    if let clock { object.set("clock", clock) }
    object.set("boot", Hex.encode(boot.bytes))
    object.set("uptime", Int64(clamping: uptime))
  }

  /// Reads it from a record; nil if it is not one.
  init?(_ object: JSONValue) {
    guard let uptime = object["uptime"]?.integer, uptime >= 0,
      let text = object["boot"]?.utf8, let boot = Hex.decode(text)
    else { return nil }
    let clock = object["clock"]?.integer
    guard clock ?? 0 >= 0 else { return nil }
    self.init(clock: clock, boot: BootIdentity(boot), uptime: UInt64(uptime))
  }

  init(clock: Int64?, boot: BootIdentity, uptime: UInt64) {
    self.clock = clock
    self.boot = boot
    self.uptime = uptime
  }
}
