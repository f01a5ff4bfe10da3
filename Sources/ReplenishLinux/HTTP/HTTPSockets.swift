import CCurl
import CLinux

/// The sockets of libcurl's connections, those kept for the next request among them.
///
/// libcurl opens and closes them through here, so that no other descriptor of the process is ever taken for one.
final class HTTPSockets {
  private var sockets: [Int32] = []

  /// Gives libcurl a socket, or -1.
  func open(_ address: curl_sockaddr) -> Int32 {
    let socket = replenish_socket_open(address.family, address.socktype, address.protocol)
    if socket >= 0 { sockets.append(socket) }
    return socket
  }

  /// Closes one for libcurl.
  func close(_ socket: Int32) -> Int32 {
    if let index = sockets.firstIndex(of: socket) { sockets.remove(at: index) }
    return CLinux.close(socket)
  }

  /// Empties the kept connections that the service has closed, so that libcurl sees their end and opens new ones.
  ///
  /// Before libcurl uses a kept connection, it looks whether a next byte is there or the end. libcurl 7.88 (Debian 12)
  /// takes the byte for life, though it belongs to the TLS alert that announced the end; the request would be lost on it.
  /// Only to be called while no request is under way: then nothing that comes from a closed connection is wanted.
  func drainClosed() {
    var room = [UInt8](repeating: 0, count: 512)
    for socket in sockets where replenish_peer_has_closed(socket) != 0 {
      while replenish_receive(socket, &room, room.count) > 0 {}
    }
  }
}
