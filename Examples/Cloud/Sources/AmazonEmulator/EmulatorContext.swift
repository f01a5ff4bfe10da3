import Hummingbird
import NIOCore
import Synchronization

/// What one request carries through the emulator.
public struct EmulatorContext: RequestContext {
  /// What the framework keeps for each request.
  public var coreContext: CoreRequestContextStorage
  /// The connection, so that a fault can cut it.
  let channel: any Channel
  /// What the log says about this request.
  let note = RequestNote()

  /// Creates the context of one request.
  public init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }
}

/// Collects what the log and the state say about a request; never a secret.
final class RequestNote: Sendable {
  struct Values: Sendable {
    var operation: String?
    var device: String?
    var slot: String?
    var result: String?
    var fault: String?
  }

  private let stored = Mutex(Values())

  var values: Values { stored.withLock { $0 } }

  func set(device: String?) { stored.withLock { $0.device = device } }

  func set(_ change: @Sendable (inout Values) -> Void) { stored.withLock { change(&$0) } }
}
