import Foundation

/// Work on a thread of its own. A task would wait for one of the few threads that blocking tests keep busy.
final class Background<Value: Sendable>: @unchecked Sendable {
  private let ended = DispatchSemaphore(value: 0)
  private var result: Value?

  init(_ work: @escaping @Sendable () -> Value) {
    Thread.detachNewThread {
      self.result = work()
      self.ended.signal()
    }
  }

  /// What came of it, once it has ended.
  var value: Value? {
    ended.wait()
    ended.signal()
    return result
  }
}
