import CLinux

/// One deadline in an ``EventLoop``, on the clock that counts while the board sleeps (`CLOCK_BOOTTIME`).
public final class LoopTimer {
  private let queue: TimerQueue
  let fire: () -> Void
  fileprivate(set) var deadline: UInt64?

  init(queue: TimerQueue, fire: @escaping () -> Void) {
    self.queue = queue
    self.fire = fire
  }

  /// Whether it will fire.
  public var isSet: Bool { deadline != nil }

  /// Fires once when the board has been up for so many milliseconds, at once if it has; replaces an earlier deadline.
  public func fire(at uptime: UInt64) {
    guard deadline != uptime else { return }
    deadline = uptime
    queue.insert(self)
  }

  /// Fires once after so many milliseconds; replaces an earlier deadline.
  public func fire(in milliseconds: UInt64) {
    let (uptime, overflow) = TimerQueue.now.addingReportingOverflow(milliseconds)
    fire(at: overflow ? .max : uptime)
  }

  /// Does not fire any more.
  public func cancel() {
    guard deadline != nil else { return }
    deadline = nil
    queue.remove(self)
  }
}

/// The set timers of a loop, and the one kernel timer that stands for the earliest.
final class TimerQueue {
  let descriptor: Int32
  private var timers: [LoopTimer] = []
  private var armed: UInt64?

  init(descriptor: Int32) { self.descriptor = descriptor }

  static var now: UInt64 { replenish_now_milliseconds(Int32(CLOCK_BOOTTIME)) }

  /// Whether no timer is set.
  var isIdle: Bool { timers.isEmpty }

  func insert(_ timer: LoopTimer) {
    if !timers.contains(where: { $0 === timer }) { timers.append(timer) }
    arm()
  }

  func remove(_ timer: LoopTimer) {
    timers.removeAll { $0 === timer }
    arm()
  }

  func clear() { timers = [] }

  /// Fires the timers that are due, earliest first. One that a handler sets for a time already past fires in the next
  /// turn, so that a timer that always re-arms itself cannot keep the loop here.
  func fireDue() {
    var count: UInt64 = 0
    _ = CLinux.read(descriptor, &count, MemoryLayout<UInt64>.size)
    armed = nil
    let now = TimerQueue.now
    var due: [LoopTimer] = []
    for timer in timers {
      guard let deadline = timer.deadline, deadline <= now else { continue }
      due.insert(timer, at: due.firstIndex { deadline < $0.deadline ?? .max } ?? due.endIndex)
    }
    for timer in due {
      // A handler before may have cancelled or moved it.
      guard let deadline = timer.deadline, deadline <= now else { continue }
      timer.deadline = nil
      timers.removeAll { $0 === timer }
      timer.fire()
    }
    arm()
  }

  private func arm() {
    var earliest: UInt64?
    for timer in timers {
      if let deadline = timer.deadline, deadline < earliest ?? .max { earliest = deadline }
    }
    guard earliest != armed else { return }
    armed = earliest
    // Zero disarms; a deadline of 0 is past anyway. Beyond what the kernel takes, the board will not live.
    _ = replenish_timer_set(descriptor, earliest.map { min(max($0, 1), 1 << 50) } ?? 0)
  }
}
