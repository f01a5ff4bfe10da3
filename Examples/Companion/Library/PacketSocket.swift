import CLinux
import Glibc

/// A device on this machine: a UNIX `SOCK_SEQPACKET` socket each packet of which is one ATT packet.
public final class PacketSocket: PacketBearer {
  private var connection: PacketDescriptor

  /// See ``PacketBearer/descriptor``.
  public var descriptor: Int32? { connection.descriptor }
  /// See ``PacketBearer/place``.
  public var place: String { connection.place }

  /// Connects to the socket at a path.
  public init(path: String) throws(LinkingFailure) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < capacity, !path.isEmpty else {
      throw LinkingFailure(.deviceUnreachable, "\(path): the path of a socket has 1-\(capacity - 1) bytes")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let made = replenish_socket_open(AF_UNIX, replenish_seqpacket(), 0)
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
    connection = PacketDescriptor(made, place: "the device at \(path)")
  }

  /// Hangs up.
  public func close() { connection.close() }

  /// Sends one ATT packet.
  public func send(_ packet: [UInt8]) throws(LinkingFailure) { try connection.send(packet) }

  /// Waits for the next ATT packet; nil if none comes within the time.
  public func receive(within milliseconds: Int32) throws(LinkingFailure) -> [UInt8]? {
    try connection.receive(within: milliseconds)
  }

  private static func failure(_ action: String, _ code: Int32) -> LinkingFailure {
    LinkingFailure(.deviceUnreachable, "\(action): \(String(cString: strerror(code)))")
  }
}
