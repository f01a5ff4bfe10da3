import Foundation
import Glibc
import Hummingbird
import TextEncodings

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
    var (short, long) = ([UInt8](repeating: 0, count: 4), [UInt8](repeating: 0, count: 16))
    if inet_pton(AF_INET, text, &short) == 1 { return text }
    guard inet_pton(AF_INET6, text, &long) == 1 else { return nil }
    // ::ffff:a.b.c.d, which a socket for both shows for IPv4.
    if long.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
      return long.suffix(4).map(String.init).joined(separator: ".")
    }
    return hexadecimal(long.prefix(8)) + "/64"
  }
}
