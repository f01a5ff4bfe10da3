import CLinux
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

  /// Sends commands and waits until they are carried out: who comes next shall not find the adapter half switched off.
  func finish(_ packets: [[UInt8]]) {
    guard let descriptor else { return }
    for packet in packets { send(packet) }
    let deadline = ContinuousClock.now + .seconds(3)
    var open = packets.map { $0.prefix(2) }
    var packet = [UInt8](repeating: 0, count: ManagementConnection.longestPacket)
    while !open.isEmpty, PacketDescriptor.wait(descriptor, for: POLLIN, milliseconds(until: deadline)) {
      let count = recv(descriptor, &packet, packet.count, 0)
      guard count > 0 else { return }
      // Command Complete or Command Status, with the command's code.
      guard count >= 8, packet[0] == 1 || packet[0] == 2, packet[1] == 0 else { continue }
      if let place = open.firstIndex(where: { $0.elementsEqual(packet[6..<8]) }) { open.remove(at: place) }
    }
  }

  private func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
    Int32(max(0, ((deadline - .now) / .milliseconds(1)).rounded(.up)))
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
      let rest = milliseconds(until: deadline)
      guard rest > 0, PacketDescriptor.wait(descriptor, for: POLLIN, rest) else {
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
