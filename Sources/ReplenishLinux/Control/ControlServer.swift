import CLinux
import ReplenishCore

/// The control socket: `SOCK_SEQPACKET`, one packet a request, one packet its reply, one request at a time per client.
///
/// It orders things, so it is money: the kernel says who asks, and clients, sizes and waiting times are bounded. What the
/// bytes mean is decided above.
public final class ControlServer {
  /// Where it listens, to whom, and the bounds.
  public struct Configuration {
    /// The socket's path, in a folder no looser than 0750. The folder is made if it is absent.
    public var path: String
    /// The group that may ask how the device is; nil for none.
    public var readGroup: UInt32?
    /// The group that may do everything; nil for none.
    public var actGroup: UInt32?
    /// How many clients there are at once; more are turned away.
    public var maximumClients = 8
    /// The longest request in bytes; a longer one ends the connection.
    public var maximumRequest = 16_384
    /// How long a client may take to ask and to fetch its reply, in milliseconds.
    public var patience: UInt64 = 10_000

    /// Makes a configuration with the usual bounds.
    public init(path: String, readGroup: UInt32? = nil, actGroup: UInt32? = nil) {
      self.path = path
      self.readGroup = readGroup
      self.actGroup = actGroup
    }
  }

  /// A request came from a process with these rights. Each is answered once with ``answer(_:_:)``, now or later.
  public var onRequest: (CommandID, [UInt8], ControlAccess) -> Void = { _, _, _ in }

  private let loop: EventLoop
  private let configuration: Configuration
  private var listener: PacketListener?
  private var clients: [Client] = []
  private var lastCommand: UInt64 = 0

  private final class Client {
    let connection: PacketConnection
    let access: ControlAccess
    let timer: LoopTimer
    /// The request that waits for its answer.
    var open: CommandID?

    init(_ connection: PacketConnection, _ access: ControlAccess, _ timer: LoopTimer) {
      self.connection = connection
      self.access = access
      self.timer = timer
    }
  }

  /// Begins to listen.
  public init(loop: EventLoop, configuration: Configuration) throws(ControlSocketError) {
    self.loop = loop
    self.configuration = configuration
    listener = try PacketListener(loop: loop, path: configuration.path) { [unowned(unsafe) self] in accepted($0) }
  }

  /// Listens no more and lets the clients go.
  public func close() {
    listener?.close()
    listener = nil
    for client in clients { client.connection.close() }
  }

  /// Sends the answer to a request; nothing happens if its client is gone.
  public func answer(_ command: CommandID, _ bytes: [UInt8]) {
    for client in clients where client.open == command {
      client.open = nil
      client.timer.fire(in: configuration.patience)
      client.connection.send(bytes)
      client.connection.read(true)
      return
    }
  }

  private func accepted(_ descriptor: Int32) {
    if clients.count >= configuration.maximumClients {
      // Whoever holds a place and asks nothing makes room for one who may; only open questions are waited for.
      guard let idle = clients.first(where: { $0.open == nil }) else {
        _ = CLinux.close(descriptor)
        return
      }
      idle.connection.close()
    }
    let access = ControlAccess.ofPeer(
      descriptor, readGroup: configuration.readGroup, actGroup: configuration.actGroup)
    let connection = PacketConnection(
      loop: loop, descriptor: descriptor, maximumPacket: configuration.maximumRequest, maximumQueued: 2)
    let client = Client(connection, access, loop.timer { connection.close() })
    connection.onPacket = { [unowned(unsafe) self, unowned(unsafe) client] in asked(client, $0) }
    connection.onClosed = { [unowned(unsafe) self, unowned(unsafe) client] in
      client.timer.cancel()
      clients.removeAll { $0 === client }
    }
    do throws(Errno) {
      try connection.start()
    } catch {
      _ = CLinux.close(descriptor)
      return
    }
    clients.append(client)
    client.timer.fire(in: configuration.patience)
  }

  private func asked(_ client: Client, _ bytes: [UInt8]) {
    lastCommand &+= 1
    let command = CommandID(lastCommand)
    client.open = command
    // The device may need its time; only the client's own time is bounded.
    client.timer.cancel()
    client.connection.read(false)
    onRequest(command, bytes, client.access)
  }
}
