import CLinux

/// One `epoll` descriptor for all that a device waits for: sockets, lines, timers, the setting of the clock, signals.
///
/// Firmware that has a loop of its own polls ``pollDescriptor`` for readability and calls ``dispatch(timeout:)`` when it
/// is readable; a daemon calls ``run(afterEachTurn:)``. The loop never wakes by itself: an idle device makes no system call but the
/// awaited one.
///
/// Handlers run on the thread that dispatches, one after the other. They may add and remove anything, themselves too.
public final class EventLoop {
  /// Readable while something waits to be handled. The loop owns it.
  public let pollDescriptor: Int32
  /// Called when the board's clock was set, so that a decision that waited for it is taken.
  public var onClockSet: (() -> Void)?

  private var sources: [Source] = []
  private var nextToken: UInt64 = 1
  private var isStopped = false
  private var signals: Int32?
  let timers: TimerQueue
  private let clockWatch: Int32

  private struct Source {
    let token: UInt64
    let descriptor: Int32
    let handler: (Readiness) -> Void
  }

  /// How many events one ``dispatch(timeout:)`` handles at most, so that a busy descriptor cannot keep the firmware's
  /// loop waiting. What is left keeps ``pollDescriptor`` readable.
  private static var eventsPerDispatch: Int { 32 }

  /// Makes a loop with three descriptors: `epoll`, one timer, and one watch on the clock.
  public init() throws(Errno) {
    let poll = epoll_create1(Int32(O_CLOEXEC))
    guard poll >= 0 else { throw Errno.last }
    let timer = replenish_timer_open(Int32(CLOCK_BOOTTIME))
    let watch = replenish_timer_open(Int32(CLOCK_REALTIME))
    pollDescriptor = poll
    clockWatch = watch
    timers = TimerQueue(descriptor: timer)
    guard timer >= 0, watch >= 0, replenish_timer_watch_clock(watch) == 0 else {
      let error = Errno.last
      close()
      throw error
    }
    let queue = timers
    try add(timer, for: .readable) { _ in queue.fireDue() }
    try add(watch, for: .readable) { [unowned(unsafe) self] _ in clockWasSet() }
  }

  /// Closes the loop's own descriptors. Whoever added others closes those.
  public func close() {
    sources = []
    timers.clear()
    for descriptor in [signals ?? -1, timers.descriptor, clockWatch, pollDescriptor] where descriptor >= 0 {
      _ = CLinux.close(descriptor)
    }
    signals = nil
  }

  // MARK: Descriptors

  /// Calls the handler whenever the descriptor is ready. Adding one that is there already replaces it.
  public func add(
    _ descriptor: Int32, for readiness: Readiness, _ handler: @escaping (Readiness) -> Void
  ) throws(Errno) {
    remove(descriptor)
    let token = nextToken
    nextToken &+= 1
    guard replenish_epoll_control(pollDescriptor, EPOLL_CTL_ADD, descriptor, readiness.rawValue, token) == 0 else {
      throw Errno.last
    }
    sources.append(Source(token: token, descriptor: descriptor, handler: handler))
  }

  /// Changes what a descriptor is watched for.
  public func change(_ descriptor: Int32, for readiness: Readiness) throws(Errno) {
    for source in sources where source.descriptor == descriptor {
      guard
        replenish_epoll_control(pollDescriptor, EPOLL_CTL_MOD, descriptor, readiness.rawValue, source.token) == 0
      else { throw Errno.last }
    }
  }

  /// Stops watching a descriptor. Called before the descriptor is closed. Nothing happens if it is not watched.
  public func remove(_ descriptor: Int32) {
    for (index, source) in sources.enumerated() where source.descriptor == descriptor {
      _ = replenish_epoll_control(pollDescriptor, EPOLL_CTL_DEL, descriptor, 0, 0)
      sources.remove(at: index)
      return
    }
  }

  // MARK: Timers

  /// A timer, not set.
  public func timer(_ fire: @escaping () -> Void) -> LoopTimer {
    LoopTimer(queue: timers, fire: fire)
  }

  // MARK: Turning

  /// Handles what is ready, and waits for it at most `timeout` milliseconds: 0 not at all, -1 for ever.
  public func dispatch(timeout: Int32 = 0) throws(Errno) {
    var patience = timeout
    for _ in 0..<EventLoop.eventsPerDispatch {
      var events: UInt32 = 0
      var token: UInt64 = 0
      let count = replenish_epoll_next(pollDescriptor, patience, &events, &token)
      if count < 0 {
        let error = Errno.last
        if error.code == EINTR { return }
        throw error
      }
      if count == 0 { return }
      handle(token, Readiness(rawValue: events))
      // After a stop the caller wants its thread back; what is ready now will be ready at the next call.
      if isStopped { return }
      patience = 0
    }
  }

  /// Waits and handles until ``stop()``.
  ///
  /// - Parameter afterEachTurn: what to do before the loop waits again.
  public func run(afterEachTurn: () -> Void = {}) throws(Errno) {
    isStopped = false
    while !isStopped {
      try dispatch(timeout: -1)
      afterEachTurn()
    }
  }

  /// Makes ``run(afterEachTurn:)`` return after the handler that runs now.
  public func stop() { isStopped = true }

  /// Turns SIGTERM and SIGINT into a ``stop()``. Called before anything makes threads, which inherit the mask.
  public func stopOnSignals() throws(Errno) {
    let descriptor = replenish_signals_open()
    guard descriptor >= 0 else { throw Errno.last }
    signals = descriptor
    try add(descriptor, for: .readable) { [unowned(unsafe) self] _ in
      drain(descriptor)
      stop()
    }
  }

  /// A token and not the descriptor: a handler before may have closed it, and the number may be another's by now.
  private func handle(_ token: UInt64, _ readiness: Readiness) {
    for source in sources where source.token == token {
      source.handler(readiness)
      return
    }
  }

  private func clockWasSet() {
    drain(clockWatch)
    // The read reports the change (ECANCELED) and the watch must be set anew.
    _ = replenish_timer_watch_clock(clockWatch)
    onClockSet?()
  }

  private func drain(_ descriptor: Int32) {
    var room = [UInt8](repeating: 0, count: 128)
    _ = CLinux.read(descriptor, &room, room.count)
  }
}
