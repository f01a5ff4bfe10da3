import CLinux
import Glibc

/// A connected `SOCK_SEQPACKET` descriptor each packet of which is one ATT packet: what a UNIX socket and Bluetooth have
/// in common.
struct PacketDescriptor: ~Copyable {
  /// The most bytes of one ATT packet (an attribute of 512 bytes and what stands around it, generously).
  static let longestPacket = 1024

  /// The descriptor; nil once closed.
  private(set) var descriptor: Int32?
  /// Which device it leads to, for a person.
  let place: String

  /// Takes over a descriptor that blocks.
  init(_ descriptor: Int32, place: String) {
    self.descriptor = descriptor
    self.place = place
  }

  deinit { if let descriptor { Glibc.close(descriptor) } }

  mutating func close() {
    if let descriptor { Glibc.close(descriptor) }
    descriptor = nil
  }

  func send(_ packet: [UInt8]) throws(LinkingFailure) {
    guard let descriptor else { throw gone }
    while true {
      let count = Glibc.send(descriptor, packet, packet.count, Int32(MSG_NOSIGNAL))
      if count == packet.count { return }
      if count < 0, errno == EINTR { continue }
      throw gone
    }
  }

  func receive(within milliseconds: Int32) throws(LinkingFailure) -> [UInt8]? {
    guard let descriptor else { throw gone }
    guard PacketDescriptor.wait(descriptor, for: POLLIN, milliseconds) else { return nil }
    var packet = [UInt8](repeating: 0, count: PacketDescriptor.longestPacket)
    let count = recv(descriptor, &packet, packet.count, Int32(MSG_TRUNC))
    guard count > 0 else { throw gone }
    guard count <= packet.count else {
      throw LinkingFailure(.misunderstood, "\(place) sent a packet of \(count) bytes; ATT has none so long")
    }
    return Array(packet[..<count])
  }

  /// Waits for a descriptor to become readable or writable, or to break; false if it does not within the time.
  static func wait(_ descriptor: Int32, for event: Int32, _ milliseconds: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    var ready: Int32 = -1
    repeat { ready = poll(&waiting, 1, milliseconds) } while ready < 0 && errno == EINTR
    return ready != 0
  }

  private var gone: LinkingFailure {
    LinkingFailure(
      .deviceUnreachable,
      "\(place) hung up: its setup window has closed, or it talks to another phone already. "
        + "Open the window again and start over")
  }
}
