import Foundation
import Logging
import Synchronization

/// Hands commands to devices that wait for one, each with one request that is held (a long poll).
///
/// Whoever notes a command here wakes the device that waits here. What another instance noted is found by one look for
/// all devices together, made while any of them waits. A device that waits costs the database nothing.
public final class CommandDesk: CommandStorage {
  /// What a device that waited is told.
  enum Outcome: Sendable {
    /// There is something to do.
    case command(DeviceCommand)
    /// Nothing came in its time.
    case none
    /// The device is not trusted any more.
    case revoked
    /// As many wait as may.
    case tooMany
  }

  private enum Ring: Sendable {
    case look, end, revoked
  }

  private struct Waiter {
    let number: UInt64
    let until: ContinuousClock.Instant
    let bell: AsyncStream<Ring>.Continuation
  }

  private struct State {
    var waiters: [CloudDevice.ID: Waiter] = [:]
    var lastNumber: UInt64 = 0
    var isLooking = false
    /// The last revocation that is known of; nil before the first device waits.
    var revocation: Int64?
  }

  /// The longest that a request is held, in seconds.
  static let longestWait = 300
  /// How many devices one look finds commands for; those beyond are found by the next ones.
  private static let lookLimit = 1000

  private let storage: any DownlinkStorage
  private let most: Int
  private let interval: Double
  private let logger: Logger
  private let now: @Sendable () -> Date
  private let state = Mutex(State())

  /// Creates a desk.
  ///
  /// - Parameters:
  ///   - most: How many devices may wait at once.
  ///   - interval: Seconds between two looks for what other instances did.
  init(
    storage: any DownlinkStorage, most: Int, interval: Double, logger: Logger, now: @escaping @Sendable () -> Date
  ) {
    self.storage = storage
    self.most = most
    self.interval = interval
    self.logger = logger
    self.now = now
  }

  // MARK: Commands

  /// Notes a command, once for its identifier, and wakes the device; false when the ownership has ended.
  public func note(_ command: DeviceCommand, at now: Date) async throws -> Bool {
    guard try await storage.note(command, at: now) else { return false }
    if let device = try await storage.device(ofCommand: command.id) { ring(device, .look) }
    return true
  }

  /// What became of a command.
  public func commandState(_ id: DeviceCommand.ID, at now: Date) async throws -> CommandState {
    try await storage.commandState(id, at: now)
  }

  // MARK: Waiting

  /// How many devices wait.
  var count: Int { state.withLock { $0.waiters.count } }

  /// The next command of a device, as soon as there is one; the device that asks again takes the place of its earlier
  /// request, which is behind a connection that is gone.
  ///
  /// - Parameter seconds: How long to wait; 0 only looks.
  func wait(_ device: CloudDevice.ID, seconds: Int) async throws -> Outcome {
    guard seconds > 0 else { return try await look(device) ?? .none }
    let (rings, bell) = AsyncStream<Ring>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let until = ContinuousClock.now + .seconds(min(seconds, Self.longestWait))
    guard let number = enter(device, bell, until) else { return .tooMany }
    defer { leave(device, number) }
    // The number first, then the trust: a revocation after that has a higher one.
    if state.withLock({ $0.revocation }) == nil {
      let last = try await storage.revocations(after: nil).last
      state.withLock { if $0.revocation == nil { $0.revocation = last } }
    }
    guard try await storage.isTrusted(device) else { return .revoked }
    // Only now, so that what is noted meanwhile rings.
    if let found = try await look(device) { return found }
    for await ring in rings {
      switch ring {
      case .look: if let found = try await look(device) { return found }
      case .end: return .none
      case .revoked: return .revoked
      }
    }
    return .none
  }

  private func look(_ device: CloudDevice.ID) async throws -> Outcome? {
    try await storage.nextCommand(device: device, at: now()).map { .command($0) }
  }

  private func enter(
    _ device: CloudDevice.ID, _ bell: AsyncStream<Ring>.Continuation, _ until: ContinuousClock.Instant
  ) -> UInt64? {
    let (number, earlier, begins) = state.withLock { state -> (UInt64?, Waiter?, Bool) in
      let earlier = state.waiters[device]
      guard earlier != nil || state.waiters.count < most else { return (nil, nil, false) }
      state.lastNumber += 1
      state.waiters[device] = Waiter(number: state.lastNumber, until: until, bell: bell)
      let begins = !state.isLooking
      state.isLooking = true
      return (state.lastNumber, earlier, begins)
    }
    earlier?.bell.yield(.end)
    if begins { Task { [weak self] in await self?.goRound() } }
    return number
  }

  private func leave(_ device: CloudDevice.ID, _ number: UInt64) {
    state.withLock { if $0.waiters[device]?.number == number { $0.waiters[device] = nil } }
  }

  private func ring(_ device: CloudDevice.ID, _ ring: Ring) {
    _ = state.withLock { $0.waiters[device]?.bell }?.yield(ring)
  }

  // MARK: Looking

  /// Looks again and again, until nobody waits.
  private func goRound() async {
    var hasFailed = false
    while true {
      try? await Task.sleep(for: .seconds(interval))
      let goesOn = state.withLock { state in
        if state.waiters.isEmpty { state.isLooking = false }
        return state.isLooking
      }
      guard goesOn else { return }
      endOverdue()
      do {
        try await lookForAll()
        hasFailed = false
      } catch {
        if !hasFailed { logger.error("commands: \(error)") }
        hasFailed = true
      }
    }
  }

  private func endOverdue() {
    let moment = ContinuousClock.now
    let over = state.withLock { $0.waiters.values.filter { $0.until <= moment } }
    for waiter in over { waiter.bell.yield(.end) }
  }

  private func lookForAll() async throws {
    for device in try await storage.devicesWithCommands(at: now(), limit: Self.lookLimit) { ring(device, .look) }
    guard let seen = state.withLock({ $0.revocation }) else { return }
    let news = try await storage.revocations(after: seen)
    for device in news.devices { ring(device, .revoked) }
    state.withLock { $0.revocation = news.last }
  }
}
