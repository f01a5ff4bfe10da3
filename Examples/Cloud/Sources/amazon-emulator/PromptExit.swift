import Foundation
import ServiceLifecycle

/// Ends the program soon after it was asked to stop.
///
/// Connections are closed in an orderly way first, but a client that does not close its side of TLS must not keep the
/// emulator alive. Everything is in memory, so nothing is lost by leaving.
struct PromptExit: Service {
  func run() async throws {
    try? await gracefulShutdown()
    Task.detached {
      try await Task.sleep(for: .seconds(1.5))
      exit(0)
    }
  }
}
