import CLinux

/// A bearer for machines without Bluetooth: the phone's part connects to a UNIX `SOCK_SEQPACKET` socket, and each packet
/// on it is one ATT packet. It exists only where a path is configured, and not in the shipped configuration.
public final class SocketBearer: Bearer {
  /// The longest ATT packet: the largest attribute value (512) and the longest header before it (5).
  public static var maximumPacket: Int { 517 }

  /// See ``Bearer/onConnected``.
  public var onConnected: () -> Void = {}
  /// See ``Bearer/onPacket``.
  public var onPacket: ([UInt8]) -> Void = { _ in }
  /// See ``Bearer/onDisconnected``.
  public var onDisconnected: () -> Void = {}
  /// Never called: a socket that is open stays so.
  public var onFailed: (BearerFault) -> Void = { _ in }

  private let loop: EventLoop
  private let path: String
  private var listener: PacketListener?
  private var phone: PacketConnection?

  /// Makes a bearer that is not open.
  public init(loop: EventLoop, path: String) {
    self.loop = loop
    self.path = path
  }

  /// See ``Bearer/summary``.
  public var summary: String {
    "no Bluetooth: the socket \(path), as configured; \(listener == nil ? "closed" : "open")"
  }

  /// See ``Bearer/open()``.
  public func open() throws(BearerFault) {
    guard listener == nil else { return }
    do throws(SocketFault) {
      listener = try PacketListener(loop: loop, path: path) { [unowned(unsafe) self] in accepted($0) }
    } catch {
      throw BearerFault(error.text)
    }
  }

  /// See ``Bearer/close()``.
  public func close() {
    listener?.close()
    listener = nil
    phone?.close()
  }

  /// See ``Bearer/end()``.
  public func end() { close() }

  /// See ``Bearer/send(_:)``.
  public func send(_ packet: [UInt8]) { phone?.send(packet) }

  /// See ``Bearer/disconnect()``.
  public func disconnect() { phone?.closeWhenSent() }

  private func accepted(_ descriptor: Int32) {
    guard phone == nil else {
      _ = CLinux.close(descriptor)
      return
    }
    let connection = PacketConnection(
      loop: loop, descriptor: descriptor, maximumPacket: SocketBearer.maximumPacket, maximumQueued: 64)
    connection.onPacket = { [unowned(unsafe) self] in onPacket($0) }
    connection.onClosed = { [unowned(unsafe) self] in
      phone = nil
      onDisconnected()
    }
    do throws(Errno) {
      try connection.start()
    } catch {
      _ = CLinux.close(descriptor)
      return
    }
    phone = connection
    onConnected()
  }
}
