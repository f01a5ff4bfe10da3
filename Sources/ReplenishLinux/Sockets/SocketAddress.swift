import CLinux

/// The address of a UNIX socket: a path, never an abstract name, which no permission guards.
struct SocketAddress {
  var raw = sockaddr_un()
  let length: socklen_t
  let path: String

  init(_ path: String) throws(SocketFault) {
    self.path = path
    let bytes = Array(path.utf8)
    length = bytes.contains(0) ? 0 : replenish_address(&raw, bytes, bytes.count)
    guard length > 0 else {
      throw SocketFault(.other, "\(path): a socket's path has 1 to 107 bytes; give a shorter one")
    }
  }

  /// A new SEQPACKET socket that does not block.
  static func socket(for path: String) throws(SocketFault) -> Int32 {
    let socket = replenish_socket(replenish_seqpacket())
    guard socket >= 0 else { throw SocketFault("make a socket", path, Errno.last) }
    return socket
  }

  mutating func connect(_ socket: Int32) -> Errno? {
    replenish_connect(socket, &raw, length) == 0 ? nil : Errno.last
  }

  mutating func bind(_ socket: Int32) -> Errno? {
    replenish_bind(socket, &raw, length) == 0 ? nil : Errno.last
  }
}
