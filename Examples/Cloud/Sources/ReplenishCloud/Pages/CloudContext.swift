import Foundation
import Hummingbird
import NIOCore

/// What one request of a browser carries.
struct CloudContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Who is at the other end of the connection.
  let peer: SocketAddress?

  init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
    peer = source.channel.remoteAddress
  }
}

/// Finds out where a browser is, for throttling.
struct ClientAddress: Sendable {
  /// Proxies of our own, by address. What anybody else writes into a header counts for nothing.
  let proxies: Set<String>

  func of(_ request: Request, _ context: CloudContext) -> String {
    let peer = context.peer?.ipAddress ?? "unknown"
    guard proxies.contains(peer) else { return peer }
    // The last entry is the proxy's own; those before it are whatever the client sent.
    let entries = request.headers[values: .xForwardedFor].joined(separator: ",").split(separator: ",")
    guard let last = entries.last?.trimmingCharacters(in: .whitespaces), !last.isEmpty, last.utf8.count <= 64 else {
      return peer
    }
    return last
  }
}
