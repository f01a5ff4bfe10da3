import BoundedHTTP
import Foundation
import Logging

/// Takes presses from devices: on disk first, then to Amazon, then an answer.
struct PressDesk: Sendable {
  let storage: any CloudStorage
  let work: PressWork
  let limits: PressLimits
  let logger: Logger
  /// How long a device waits for the end of its press before it is told to ask again.
  let patience: Double
  let now: @Sendable () -> Date

  /// Notes a press and waits a little for its end.
  func take(_ press: NewPress, from device: CloudDevice) async throws -> PressReceipt {
    let lease = work.newLease()
    let receipt = try await storage.note(press, device: device.id, limits: limits, lease: lease, at: now())
    let (noted, isOurs): (Press, Bool)
    switch receipt {
    case .leased(let press): (noted, isOurs) = (press, true)
    case .noted(let press) where !press.state.isFinal: (noted, isOurs) = (press, false)
    case .noted, .conflict, .tooMany: return receipt
    }
    let (ended, continuation) = AsyncStream<Press>.makeStream()
    // Not part of this request: a device that hangs up changes nothing about what was noted.
    Task {
      do {
        let end = isOurs ? try await work.work(on: noted, lease.name) : try await work.work(on: noted)
        if let end { continuation.yield(end) }
      } catch {
        logger.error("press \(noted.id): \(error)")
      }
      continuation.finish()
    }
    let end = await within(patience, orElse: nil) { await ended.first { _ in true } }
    if let end { return .noted(end) }
    guard let now = try await storage.press(noted.id, device: device.id) else { return receipt }
    return .noted(now)
  }
}
