/// Why the control socket cannot be used.
public typealias ControlSocketError = SocketFault

/// The other end of the control socket, for `replenishctl` and the maker's own tools. Its calls wait.
public final class ControlClient {
  private let socket: PacketClient
  private let path: String
  private let patience: Int32

  /// Connects to the daemon.
  ///
  /// - Parameters:
  ///   - path: the daemon's control socket.
  ///   - maximumReply: the longest reply in bytes that is accepted.
  ///   - patience: how long a reply may take, in milliseconds. Some commands ask Amazon first.
  public init(path: String, maximumReply: Int = 16_384, patience: Int32 = 40_000) throws(ControlSocketError) {
    self.path = path
    self.patience = patience
    socket = try PacketClient(path: path, maximumPacket: maximumReply)
  }

  /// Sends a request and waits for its reply.
  public func exchange(_ request: [UInt8]) throws(ControlSocketError) -> [UInt8] {
    try socket.send(request, within: patience)
    guard let reply = try socket.receive(within: patience) else {
      throw ControlSocketError(.closed, "\(path): the daemon closed the connection; its log says why")
    }
    return reply
  }

  /// Closes the connection.
  public func close() { socket.close() }
}
