import Foundation
import Glibc
import Hummingbird
import NIOCore

/// Finds out where a browser is, for throttling.
struct ClientAddress: Sendable {
  /// Proxies of our own, by address. What anybody else writes into a header counts for nothing.
  let proxies: Set<String>

  func of(_ request: Request, _ context: CloudContext) -> String {
    let peer = context.peer?.ipAddress ?? "unknown"
    guard proxies.contains(peer) else { return Self.place(peer) ?? peer }
    // The last entry is the proxy's own; those before it are whatever the client sent.
    let entries = request.headers[values: .xForwardedFor].joined(separator: ",").split(separator: ",")
    return entries.last.flatMap { Self.place($0.trimmingCharacters(in: .whitespaces)) } ?? peer
  }

  /// What counts as one place: an IPv4 address, or the first 64 bits of an IPv6 address, since the others are for
  /// whoever has it to choose (RFC 4291 section 2.5.4). Nil for what is no address.
  static func place(_ text: String) -> String? {
    switch try? SocketAddress(ipAddress: text, port: 0) {
    case .v4(let address): return SocketAddress.v4(address).ipAddress
    case .v6(let address):
      var bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
      // ::ffff:a.b.c.d, which a socket for both shows for IPv4.
      if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
        return bytes.suffix(4).map(String.init).joined(separator: ".")
      }
      bytes.replaceSubrange(8..., with: repeatElement(0, count: 8))
      return (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0))?.ipAddress.map { $0 + "/64" }
    case .unixDomainSocket, nil: return nil
    }
  }
}
