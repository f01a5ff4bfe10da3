import CLinux

/// The kernel's Bluetooth sockets as a central uses them, behind a seam so that tests can be the kernel.
public protocol CentralSockets: AnyObject {
  /// The management socket.
  func management() throws(CentralSocketError) -> Int32
  /// A socket on ATT's fixed channel that connects, or is connected, from the adapter with the address `own` to a device.
  func connect(to address: [UInt8], isRandom: Bool, from own: [UInt8]) throws(CentralSocketError) -> Int32
  /// Throws if the connection did not come about; to be asked once its socket is writable.
  func finish(_ connection: Int32) throws(CentralSocketError)
}

/// An `errno` of a call on a Bluetooth socket.
public struct CentralSocketError: Error, Equatable {
  /// The number.
  public let code: Int32

  /// Makes an error.
  public init(_ code: Int32) { self.code = code }
}

/// The real ones.
public final class KernelCentralSockets: CentralSockets {
  /// Makes them; nothing is opened yet.
  public init() {}

  /// See ``CentralSockets/management()``.
  public func management() throws(CentralSocketError) -> Int32 {
    let socket = try checked(replenish_hci_socket())
    return try checked(replenish_hci_bind(socket, 0xFFFF, 3), socket)
  }

  /// See ``CentralSockets/connect(to:isRandom:from:)``.
  public func connect(to address: [UInt8], isRandom: Bool, from own: [UInt8]) throws(CentralSocketError) -> Int32 {
    precondition(address.count == 6 && own.count == 6, "a Bluetooth address has six bytes")
    let socket = try checked(replenish_l2cap_socket())
    _ = try checked(replenish_l2cap_bind(socket, own, 0), socket)
    return try checked(replenish_l2cap_connect(socket, address, isRandom ? 1 : 0), socket)
  }

  /// See ``CentralSockets/finish(_:)``.
  public func finish(_ connection: Int32) throws(CentralSocketError) {
    let code = replenish_socket_error(connection)
    if code != 0 { throw CentralSocketError(code) }
  }

  /// A result of a call; the socket is closed if it failed.
  private func checked(_ result: Int32, _ socket: Int32? = nil) throws(CentralSocketError) -> Int32 {
    guard result < 0 else { return socket ?? result }
    let error = CentralSocketError(replenish_errno())
    if let socket { close(socket) }
    throw error
  }
}
