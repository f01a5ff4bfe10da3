import Foundation

/// Waits a little longer each time, up to half a second, until there is no more time.
struct Patience: Sendable {
  private let deadline: ContinuousClock.Instant
  private var delay = 0.002

  init(seconds: Double) { deadline = .now + .seconds(seconds) }

  mutating func wait(or error: any Error) throws {
    guard .now < deadline else { throw error }
    Thread.sleep(forTimeInterval: .random(in: 0...delay))
    delay = min(delay * 2, 0.5)
  }
}
