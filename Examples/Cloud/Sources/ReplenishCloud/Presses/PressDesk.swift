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
    let receipt = try await storage.note(press, device: device.id, limits: limits, at: now())
    guard case .noted(let noted) = receipt, !noted.state.isFinal else { return receipt }
    let (ended, continuation) = AsyncStream<Never>.makeStream()
    // Not part of this request: a device that hangs up changes nothing about what was noted.
    Task {
      do {
        try await work.work(on: noted)
      } catch {
        logger.error("press \(noted.id): \(error)")
      }
      continuation.finish()
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in ended {} }
      group.addTask { try? await Task.sleep(for: .seconds(patience)) }
      await group.next()
      group.cancelAll()
    }
    guard let now = try await storage.press(noted.id, device: device.id) else { return receipt }
    return .noted(now)
  }
}
