import CLinux

/// The kernel's Bluetooth sockets, behind a seam so that tests can be the kernel.
protocol BluetoothSockets: AnyObject {
  /// The management socket.
  func management() throws(Errno) -> Int32
  /// A controller's own socket, for commands.
  func controller(_ index: UInt16) throws(Errno) -> Int32
  /// A socket that accepts phones on ATT's fixed channel.
  func listener(address: [UInt8], isRandom: Bool) throws(Errno) -> Int32
  /// The next phone.
  func accept(_ listener: Int32) throws(Errno) -> (descriptor: Int32, address: [UInt8], isRandom: Bool)
  /// Whether a phone's link is encrypted, with a key of full length.
  func isEncrypted(_ phone: Int32) -> Bool
  /// Whether the kernel has an adapter of this number, offered or not.
  func exists(_ index: UInt16) -> Bool
  /// Whether bluetoothd runs.
  func hasDaemon() -> Bool
}

/// The real ones.
final class KernelSockets: BluetoothSockets {
  func management() throws(Errno) -> Int32 {
    let socket = try checked(replenish_hci_socket())
    return try checked(replenish_hci_bind(socket, 0xFFFF, 3), socket)
  }

  func controller(_ index: UInt16) throws(Errno) -> Int32 {
    let socket = try checked(replenish_hci_socket())
    _ = try checked(replenish_hci_filter(socket), socket)
    return try checked(replenish_hci_bind(socket, index, 0), socket)
  }

  func listener(address: [UInt8], isRandom: Bool) throws(Errno) -> Int32 {
    guard address.count == 6 else { throw Errno(EINVAL) }
    let socket = try checked(replenish_l2cap_socket())
    _ = try checked(replenish_l2cap_bind(socket, address, isRandom ? 1 : 0), socket)
    return try checked(listen(socket, 4), socket)
  }

  func accept(_ listener: Int32) throws(Errno) -> (descriptor: Int32, address: [UInt8], isRandom: Bool) {
    var address = [UInt8](repeating: 0, count: 6)
    var isRandom: Int32 = 0
    let descriptor = try checked(replenish_l2cap_accept(listener, &address, &isRandom))
    return (descriptor, address, isRandom != 0)
  }

  func isEncrypted(_ phone: Int32) -> Bool { replenish_l2cap_is_encrypted(phone) != 0 }

  func exists(_ index: UInt16) -> Bool { "/sys/class/bluetooth/hci\(index)".withCString { access($0, F_OK) == 0 } }

  /// By the name of a process. Where other users' processes are hidden (`ProtectProc=`), by the control group of the
  /// service that systemd starts it as. Asking on the bus would start it.
  func hasDaemon() -> Bool {
    let group = try? SmallFile.read("/sys/fs/cgroup/system.slice/bluetooth.service/cgroup.events", limit: 4096)
    if let group, KernelSockets.isPopulated(group) { return true }
    guard let folder = opendir("/proc") else { return false }
    defer { _ = closedir(folder) }
    let wanted = Array("bluetoothd".utf8)
    while let entry = readdir(folder) {
      guard let name = replenish_entry_name(entry), name.pointee >= 0x31, name.pointee <= 0x39 else { continue }
      let process = try? SmallFile.read("/proc/\(String(cString: name))/comm", limit: 64)
      if let process, SmallFile.trimmed(process) == wanted { return true }
    }
    return false
  }

  /// Whether the kernel says of a control group that a process is in it: a line `populated 1`.
  static func isPopulated(_ events: [UInt8]) -> Bool {
    events.split(separator: 0x0A).contains { $0.elementsEqual("populated 1".utf8) }
  }

  /// A result of a call; the socket is closed if it failed.
  private func checked(_ result: Int32, _ socket: Int32? = nil) throws(Errno) -> Int32 {
    guard result < 0 else { return socket ?? result }
    let error = Errno.last
    if let socket { _ = close(socket) }
    throw error
  }
}
