import CLinux

/// The client's end of a UNIX `SOCK_SEQPACKET` socket, for programs without a loop. Its calls wait, but not for ever.
public final class PacketClient {
  private let socket: Int32
  private let path: String
  private let maximumPacket: Int

  /// Connects.
  ///
  /// - Parameters:
  ///   - path: the socket.
  ///   - maximumPacket: the longest packet in bytes that will be received.
  public init(path: String, maximumPacket: Int) throws(SocketFault) {
    self.path = path
    self.maximumPacket = maximumPacket
    var address = try SocketAddress(path)
    socket = try SocketAddress.socket(for: path)
    if let error = address.connect(socket) {
      _ = CLinux.close(socket)
      throw SocketFault("connect", path, error)
    }
  }

  /// Closes the connection.
  public func close() { _ = CLinux.close(socket) }

  /// Sends one packet.
  ///
  /// - Parameters:
  ///   - packet: the packet, whole.
  ///   - milliseconds: how long to wait for room.
  public func send(_ packet: [UInt8], within milliseconds: Int32) throws(SocketFault) {
    while replenish_send(socket, packet, packet.count) < 0 {
      let error = Errno.last
      switch error.code {
      case EAGAIN: try wait(for: Int16(POLLOUT), milliseconds)
      case EINTR: continue
      default: throw SocketFault("send", path, error)
      }
    }
  }

  /// Receives one packet; nil if the other side has closed.
  ///
  /// - Parameter milliseconds: how long to wait for it; -1 for ever.
  public func receive(within milliseconds: Int32) throws(SocketFault) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: maximumPacket + 1)
    while true {
      let count = replenish_receive(socket, &bytes, bytes.count)
      if count >= 0 {
        guard count <= maximumPacket else { throw SocketFault(.other, "\(path): sent a packet of \(count) bytes") }
        return count == 0 ? nil : Array(bytes[..<count])
      }
      let error = Errno.last
      switch error.code {
      case EAGAIN: try wait(for: Int16(POLLIN), milliseconds)
      case EINTR: continue
      case ECONNRESET: return nil
      default: throw SocketFault("receive", path, error)
      }
    }
  }

  private func wait(for events: Int16, _ milliseconds: Int32) throws(SocketFault) {
    var entry = pollfd(fd: socket, events: events, revents: 0)
    let count = poll(&entry, 1, milliseconds)
    if count == 0 { throw SocketFault(.timedOut, "\(path): no answer came in time; try again, or restart the daemon") }
    if count < 0, replenish_errno() != EINTR { throw SocketFault("wait", path, Errno.last) }
  }
}
