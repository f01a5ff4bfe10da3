import Glibc

/// A device on this machine: a UNIX `SOCK_SEQPACKET` socket each packet of which is one ATT packet.
public final class PacketSocket: PacketBearer {
  /// The most bytes of one ATT packet (an attribute of 512 bytes and what stands around it, generously).
  public static let longestPacket = 1024

  /// The socket; nil once closed.
  public private(set) var descriptor: Int32?
  private let path: String

  /// Connects to the socket at a path.
  public init(path: String) throws(LinkingFailure) {
    self.path = path
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < capacity, !path.isEmpty else {
      throw LinkingFailure(.deviceUnreachable, "\(path): the path of a socket has 1-\(capacity - 1) bytes")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let made = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard made >= 0 else { throw PacketSocket.failure("cannot make a socket", errno) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let outcome = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(made, $0, size) }
    }
    guard outcome == 0 else {
      let code = errno
      Glibc.close(made)
      switch code {
      case ENOENT, ECONNREFUSED:
        throw LinkingFailure(
          .deviceUnreachable,
          "no device listens at \(path): start it, and open its setup window (long press, or replenishctl setup)")
      case EAGAIN, EBUSY:
        throw LinkingFailure(.deviceUnreachable, "the device at \(path) talks to another phone; try again later")
      default:
        throw PacketSocket.failure("cannot connect to \(path)", code)
      }
    }
    descriptor = made
  }

  deinit { close() }

  /// Hangs up.
  public func close() {
    if let descriptor { Glibc.close(descriptor) }
    descriptor = nil
  }

  /// Sends one ATT packet.
  public func send(_ packet: [UInt8]) throws(LinkingFailure) {
    guard let descriptor else { throw gone }
    while true {
      let count = Glibc.send(descriptor, packet, packet.count, Int32(MSG_NOSIGNAL))
      if count == packet.count { return }
      if count < 0, errno == EINTR { continue }
      throw gone
    }
  }

  /// Waits for the next ATT packet; nil if none comes within the time.
  public func receive(within milliseconds: Int32) throws(LinkingFailure) -> [UInt8]? {
    guard let descriptor else { throw gone }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var ready: Int32 = -1
    repeat { ready = poll(&waiting, 1, milliseconds) } while ready < 0 && errno == EINTR
    if ready == 0 { return nil }
    var packet = [UInt8](repeating: 0, count: PacketSocket.longestPacket)
    let count = recv(descriptor, &packet, packet.count, Int32(MSG_TRUNC))
    guard count > 0 else { throw gone }
    guard count <= packet.count else {
      throw LinkingFailure(
        .misunderstood, "the device at \(path) sent a packet of \(count) bytes; ATT has none so long")
    }
    return Array(packet[..<count])
  }

  private var gone: LinkingFailure {
    LinkingFailure(
      .deviceUnreachable,
      "the device at \(path) hung up: its setup window has closed, or it talks to another phone already. "
        + "Open the window again and start over")
  }

  private static func failure(_ action: String, _ code: Int32) -> LinkingFailure {
    LinkingFailure(.deviceUnreachable, "\(action): \(String(cString: strerror(code)))")
  }
}
