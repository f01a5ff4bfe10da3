import Foundation
import Hummingbird
import NIOCore
import TextEncodings

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

  func of(_ request: Request, _ context: CloudContext) -> String { Self.place(of: address(request, context)) }

  /// Whoever has one address of IPv6 has the other 2^64 of its network as well, so these are one place.
  static func place(of address: String) -> String {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
    // The same machine as by IPv4 (RFC 4291 section 2.5.5.2).
    if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
      return bytes.suffix(4).map(String.init).joined(separator: ".")
    }
    return hexadecimal(bytes.prefix(8)) + "/64"
  }

  private func address(_ request: Request, _ context: CloudContext) -> String {
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
