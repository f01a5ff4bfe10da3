import Foundation
import NIOPosix
import Synchronization
import Testing

@testable import ReplenishCloud

@Suite("Password hasher", .timeLimit(.minutes(10)))
struct PasswordHasherTests {
  private struct Seen {
    var running = 0
    var most = 0
    var onEventLoops = 0
  }

  @Test("as many passwords at once as there are cores, off the event loops; behind them a bounded queue")
  func bounds() async throws {
    let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)
    let hasher = try PasswordHasher(cost: .init(logN: 4, r: 8, p: 3))
    let (gate, log) = (DispatchSemaphore(value: 0), Box())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<hasher.limit {
        group.addTask {
          try await hasher.run {
            log.seen.withLock { seen in
              seen.running += 1
              seen.most = max(seen.most, seen.running)
              if MultiThreadedEventLoopGroup.currentEventLoop != nil { seen.onEventLoops += 1 }
            }
            gate.wait()
            log.seen.withLock { $0.running -= 1 }
          }
        }
      }
      while hasher.count < hasher.limit || log.seen.withLock({ $0.running }) < cores {
        try await Task.sleep(for: .milliseconds(5))
      }
      await #expect(throws: PasswordHasher.Busy.self) { _ = try await hasher.hash("one too many") }
      await #expect(throws: PasswordHasher.Busy.self) { _ = try await hasher.check("one too many", against: nil) }
      for _ in 0..<hasher.limit { gate.signal() }
      try await group.waitForAll()
    }
    let seen = log.seen.withLock { $0 }
    #expect(seen.most == cores && seen.onEventLoops == 0 && hasher.count == 0)
    #expect(try await hasher.check("a", against: try await hasher.hash("a")).isRight)
  }

  private final class Box: Sendable {
    let seen = Mutex(Seen())
  }
}
