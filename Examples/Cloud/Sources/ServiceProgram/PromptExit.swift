import Foundation
import ServiceLifecycle

/// Ends the program soon after it was asked to stop.
///
/// Connections are closed in an orderly way first, but a client that does not close its side of TLS must not keep the
/// program alive. What must not be lost is on disk before anybody is told of it, so nothing is lost by leaving.
public struct PromptExit: Service {
  /// Creates the service.
  public init() {}

  /// Waits until the program is asked to stop, then ends it soon.
  public func run() async throws {
    try? await gracefulShutdown()
    Task.detached {
      try await Task.sleep(for: .seconds(1.5))
      exit(0)
    }
  }
}
