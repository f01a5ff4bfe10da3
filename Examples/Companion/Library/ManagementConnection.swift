import Glibc
import ReplenishCore

/// The kernel's Bluetooth management, while a device is searched for.
struct ManagementConnection: ~Copyable {
  private var descriptor: Int32?

  /// The longest packet that is read; *Device Found* has at most a few hundred bytes.
  private static let longestPacket = 2048

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { if let descriptor { Glibc.close(descriptor) } }

  mutating func close() {
    if let descriptor { Glibc.close(descriptor) }
    descriptor = nil
  }

  func send(_ packet: [UInt8]) {
    if let descriptor { _ = Glibc.send(descriptor, packet, packet.count, Int32(MSG_NOSIGNAL)) }
  }

  /// Does what the central wants until it has found its device.
  func search(
    with central: inout KernelCentral
  ) throws(LinkingFailure) -> (device: NearbyDevice, own: [UInt8]) {
    guard let descriptor else { throw LinkingFailure(.deviceUnreachable, "the search is over") }
    var deadline = ContinuousClock.now
    var steps = central.start()
    while true {
      for step in steps {
        switch step {
        case .manage(let packet): send(packet)
        case .wait(let milliseconds): deadline = .now + .milliseconds(milliseconds)
        case .found(let device, let own): return (device, own)
        case .failed(let text): throw LinkingFailure(.deviceUnreachable, text)
        }
      }
      let rest = (deadline - .now) / .milliseconds(1)
      guard rest > 0, PacketDescriptor.wait(descriptor, for: POLLIN, Int32(rest.rounded(.up))) else {
        steps = central.elapsed()
        continue
      }
      var packet = [UInt8](repeating: 0, count: ManagementConnection.longestPacket)
      let count = recv(descriptor, &packet, packet.count, 0)
      guard count > 0 else {
        if count < 0, errno == EAGAIN || errno == EINTR {
          steps = []
          continue
        }
        throw LinkingFailure(
          .deviceUnreachable, "the kernel closed its Bluetooth management socket; see its log: dmesg")
      }
      steps = central.receive(Array(packet[..<count]))
    }
  }
}
