import CLinux
import ReplenishCore

@testable import ReplenishLinux

/// The kernel's side of Bluetooth on socket pairs: one adapter, its settings, and refusals on demand.
final class FakeBluetooth: BluetoothSockets {
  var isDaemonRunning = false
  var hasFamily = true
  /// The adapters that the kernel offers, with the bits of their settings (0 powered, 9 LE, 13 privacy).
  var adapters: [UInt16: UInt32] = [0: 0]
  var supported: UInt32 = 0x2FFF
  var address: [UInt8] = [1, 2, 3, 4, 5, 6]
  /// Adapters that exist without being offered.
  var hidden: Set<UInt16> = []
  /// Statuses by command code, for the next command of that code; kept where `refusesAlways` has the code.
  var refusals: [UInt16: UInt8] = [:]
  var refusesAlways: Set<UInt16> = []
  /// Commands that get no answer.
  var silent: Set<UInt16> = []
  var controllerStatus: UInt8 = 0
  var controllerError: Int32?
  var listenError: Int32?
  var acceptError: Int32?
  var isEncrypted = false
  /// What happened: `05 01` is command 5 with a first byte of 1, `hci 200a 01` one to the controller.
  var log: [String] = []
  private(set) var managementEnd: Int32 = -1
  private(set) var controllerEnd: Int32 = -1
  private(set) var listenEnd: Int32 = -1
  private(set) var listening: (address: [UInt8], isRandom: Bool)?
  private var waiting: [(Int32, [UInt8], Bool)] = []
  private var advertisement: UInt8?

  deinit { for end in [managementEnd, controllerEnd, listenEnd] where end >= 0 { close(end) } }

  private func pair() -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    _ = socketpair(AF_UNIX, replenish_seqpacket(), 0, &ends)
    for end in ends { _ = replenish_set_nonblocking(end) }
    return (ends[0], ends[1])
  }

  private func closed(_ end: inout Int32) {
    if end >= 0 { close(end) }
    end = -1
  }

  func management() throws(Errno) -> Int32 {
    guard hasFamily else { throw Errno(EAFNOSUPPORT) }
    closed(&managementEnd)
    let ends = pair()
    managementEnd = ends.1
    log.append("management")
    return ends.0
  }

  func controller(_ index: UInt16) throws(Errno) -> Int32 {
    if let controllerError { throw Errno(controllerError) }
    closed(&controllerEnd)
    let ends = pair()
    controllerEnd = ends.1
    log.append("controller \(index)")
    return ends.0
  }

  func listener(address: [UInt8], isRandom: Bool) throws(Errno) -> Int32 {
    if let listenError { throw Errno(listenError) }
    closed(&listenEnd)
    let ends = pair()
    listenEnd = ends.1
    listening = (address, isRandom)
    log.append("listen")
    return ends.0
  }

  func accept(_ listener: Int32) throws(Errno) -> (descriptor: Int32, address: [UInt8], isRandom: Bool) {
    if let acceptError { throw Errno(acceptError) }
    var byte: UInt8 = 0
    guard replenish_receive(listener, &byte, 1) == 1, !waiting.isEmpty else { throw Errno(EAGAIN) }
    let (descriptor, address, isRandom) = waiting.removeFirst()
    return (descriptor, address, isRandom)
  }

  func isEncrypted(_ phone: Int32) -> Bool { isEncrypted }
  func exists(_ index: UInt16) -> Bool { adapters[index] != nil || hidden.contains(index) }
  func hasDaemon() -> Bool { isDaemonRunning }

  /// Whether the other end of a socket was closed.
  func isClosed(_ end: Int32) -> Bool { end < 0 || replenish_peer_has_closed(end) != 0 }
  var isManagementClosed: Bool { isClosed(managementEnd) }
  var isControllerClosed: Bool { isClosed(controllerEnd) }
  var isListening: Bool { !isClosed(listenEnd) }

  /// A phone connects; its end of the connection.
  func connect(_ number: UInt8) -> Int32 {
    let ends = pair()
    waiting.append((ends.0, [number, 0, 0, 0, 0, 0x40], true))
    _ = replenish_send(listenEnd, [1], 1)
    return ends.1
  }

  func say(_ event: UInt16, _ index: UInt16, _ parameters: [UInt8]) {
    let packet = bytes(event) + bytes(index) + bytes(UInt16(parameters.count)) + parameters
    _ = replenish_send(managementEnd, packet, packet.count)
  }

  func unplug(_ index: UInt16) {
    adapters[index] = nil
    say(5, index, [])
  }

  func plug(_ index: UInt16, _ settings: UInt32 = 0) {
    adapters[index] = settings
    say(4, index, [])
  }

  func powerOff(_ index: UInt16) {
    adapters[index, default: 0] &= ~1
    say(6, index, wide(adapters[index] ?? 0))
  }

  private func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number & 0xFF), UInt8(number >> 8)] }
  private func wide(_ number: UInt32) -> [UInt8] { bytes(UInt16(number & 0xFFFF)) + bytes(UInt16(number >> 16)) }

  /// Answers what was asked.
  func turn() {
    var packet = [UInt8](repeating: 0, count: 600)
    while managementEnd >= 0 {
      let count = replenish_receive(managementEnd, &packet, packet.count)
      guard count >= 6 else { break }
      manage(Array(packet[..<count]))
    }
    while controllerEnd >= 0 {
      let count = replenish_receive(controllerEnd, &packet, packet.count)
      guard count >= 4 else { break }
      let hex = String(UInt16(packet[2]) << 8 | UInt16(packet[1]), radix: 16)
      log.append("hci \(hex)" + (hex == "200a" ? " \(packet[4])" : ""))
      let answer = [4, 0x0E, 4, 1, packet[1], packet[2], controllerStatus]
      _ = replenish_send(controllerEnd, answer, answer.count)
    }
  }

  private func manage(_ packet: [UInt8]) {
    let code = UInt16(packet[0]) | UInt16(packet[1]) << 8
    let index = UInt16(packet[2]) | UInt16(packet[3]) << 8
    let parameters = Array(packet[6...])
    log.append(hex(code) + (parameters.first.map { " " + hex(UInt16($0)) } ?? ""))
    if silent.contains(code) { return }
    var status = refusals[code] ?? 0
    if !refusesAlways.contains(code) { refusals[code] = nil }
    var reply: [UInt8] = []
    switch code {
    case 3: reply = bytes(UInt16(adapters.count)) + adapters.keys.sorted(by: >).flatMap(bytes)
    case 4 where adapters[index] != nil:
      reply = address + [9, 2, 0] + wide(supported) + wide(adapters[index] ?? 0) + [UInt8](repeating: 0, count: 263)
    case _ where adapters[index] == nil: status = 0x11
    case 5 where status == 0: set(index, bit: 0, parameters[0])
    case 0x09 where status == 0: set(index, bit: 4, parameters[0])
    case 0x0B where status == 0: set(index, bit: 6, parameters[0])
    case 0x0D where status == 0: set(index, bit: 9, parameters[0])
    case 0x2D where status == 0:
      // As in the kernel: an adapter of BR/EDR needs Secure Simple Pairing for it.
      if adapters[index, default: 0] & 1 << 6 == 0 { status = 0x0B }
      if status == 0 { set(index, bit: 11, parameters[0]) }
    case 0x2F, 0x2B:
      // As in the kernel: only while it is off.
      if adapters[index, default: 0] & 1 != 0 { status = 0x0B }
      if status == 0, code == 0x2F { set(index, bit: 13, parameters[0]) }
    case 0x3E, 0x54, 0x55: if adapters[index, default: 0] & 1 == 0 { status = 0x0B }
    default: break
    }
    if status == 0, [5, 9, 0x0B, 0x0D, 0x2D, 0x2F].contains(code) { reply = wide(adapters[index] ?? 0) }
    say(status == 0 ? 1 : 2, index, bytes(code) + [status] + (status == 0 ? reply : []))
  }

  private func hex(_ number: UInt16) -> String {
    let text = String(number, radix: 16)
    return text.count < 2 ? "0" + text : text
  }

  private func set(_ index: UInt16, bit: UInt32, _ value: UInt8) {
    let settings = adapters[index] ?? 0
    adapters[index] = value == 0 ? settings & ~(1 << bit) : settings | 1 << bit
  }
}
