import CLinux

/// A listening UNIX `SOCK_SEQPACKET` socket in the loop: each message is one packet, whole or not at all.
final class PacketListener {
  private let loop: EventLoop
  private let path: String
  private let socket: Int32
  private let accepted: (Int32) -> Void
  private var retry: LoopTimer?

  /// Listens at `path` and hands each new connection's descriptor over.
  ///
  /// The folder must be ours, and no looser than 0750: what can be done through the socket is money.
  init(loop: EventLoop, path: String, accepted: @escaping (Int32) -> Void) throws(SocketFault) {
    self.loop = loop
    self.path = path
    self.accepted = accepted
    try PacketListener.prepareFolder(of: path)
    var address = try SocketAddress(path)
    socket = try SocketAddress.socket(for: path)
    do throws(SocketFault) {
      try PacketListener.removeStale(&address)
      if let error = address.bind(socket) { throw SocketFault("listen", path, error) }
      guard path.withCString({ chmod($0, 0o660) }) == 0, listen(socket, 8) == 0 else {
        throw SocketFault("listen", path, Errno.last)
      }
    } catch {
      _ = CLinux.close(socket)
      throw error
    }
    do throws(Errno) {
      try loop.add(socket, for: .readable) { [unowned(unsafe) self] _ in accept() }
    } catch {
      _ = CLinux.close(socket)
      throw SocketFault("watch", path, error)
    }
  }

  /// Listens no more, and removes the path.
  func close() {
    retry?.cancel()
    loop.remove(socket)
    _ = CLinux.close(socket)
    _ = path.withCString { unlink($0) }
  }

  private func accept() {
    let connection = replenish_accept(socket)
    if connection >= 0 { return accepted(connection) }
    switch replenish_errno() {
    case EMFILE, ENFILE, ENOBUFS, ENOMEM:
      // The connection stays in the queue and the socket readable: without a pause the loop would spin.
      loop.remove(socket)
      let timer = loop.timer { [unowned(unsafe) self] in
        do throws(Errno) {
          try loop.add(socket, for: .readable) { [unowned(unsafe) self] _ in accept() }
        } catch {
          retry?.fire(in: 1000)
        }
      }
      retry = timer
      timer.fire(in: 1000)
    default: break
    }
  }

  private static func prepareFolder(of path: String) throws(SocketFault) {
    let folder = FilePath(path).folder
    if folder.withCString({ mkdir($0, 0o750) }) != 0, replenish_errno() != EEXIST {
      throw SocketFault("make the folder \(folder)", path, Errno.last)
    }
    let descriptor = folder.withCString { replenish_openat(AT_FDCWD, $0, Int32(O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0) }
    guard descriptor >= 0 else { throw SocketFault("open the folder \(folder)", path, Errno.last) }
    defer { _ = CLinux.close(descriptor) }
    var status = stat()
    guard replenish_fstat(descriptor, &status) == 0 else { throw SocketFault("examine \(folder)", path, Errno.last) }
    let name = StorageError.quoted(folder)
    guard status.st_uid == geteuid() else {
      throw SocketFault(.other, "\(folder): belongs to user \(status.st_uid); run: chown \(geteuid()) \(name)")
    }
    guard UInt32(status.st_mode) & 0o027 == 0 else {
      throw SocketFault(.other, "\(folder): everybody could reach the socket in it; run: chmod 0750 \(name)")
    }
  }

  /// Removes the path that a killed process left: a socket to which nobody listens, and nothing else.
  private static func removeStale(_ address: inout SocketAddress) throws(SocketFault) {
    let probe = try SocketAddress.socket(for: address.path)
    defer { _ = CLinux.close(probe) }
    guard let error = address.connect(probe) else { throw SocketFault("listen", address.path, Errno(EADDRINUSE)) }
    switch error.code {
    case ENOENT: return
    case ECONNREFUSED:
      var status = stat()
      guard address.path.withCString({ lstat($0, &status) }) == 0, replenish_is_socket(&status) != 0 else {
        throw SocketFault(.other, "\(address.path): is no socket; remove it, or give another path")
      }
      _ = address.path.withCString { unlink($0) }
    default: throw SocketFault("listen", address.path, error)
    }
  }
}
