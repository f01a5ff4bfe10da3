import Foundation
import ServiceLifecycle

/// Ends when standard input does, which happens when the program at its other end ends, however that ends.
public struct StandardInputWatch: Service {
  /// Creates the watch.
  public init() {}

  /// Waits for the end of standard input.
  public func run() async throws {
    let (ended, continuation) = AsyncStream<Never>.makeStream()
    // Reading blocks, so it gets a thread of its own.
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { break }
      }
      continuation.finish()
    }
    for await _ in ended.cancelOnGracefulShutdown() {}
  }
}
