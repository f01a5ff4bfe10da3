@testable import ReplenishCore

/// The kernel's Bluetooth: packets of the management and of a controller, any bytes or answers to what was asked, while
/// windows open and close and time passes.
enum KernelTarget {
  /// What the steps make of the sockets.
  private struct Board {
    var peripheral: KernelPeripheral
    var isOpen = false
    var isListening = false
    var hasController = false
    var hasFailed = false
    var asked: [UInt8] = []
    var commanded: [UInt8] = []

    mutating func take(_ steps: [KernelPeripheral.Step]) throws(Violation) {
      try Violation.unless(steps.count <= 12, "one thing that happens leads to few steps")
      for step in steps {
        switch step {
        case .manage(let packet):
          try Violation.unless(isOpen, "nothing is asked after the end")
          let length = packet.count >= 6 ? Int(packet[4]) | Int(packet[5]) << 8 : -1
          try Violation.unless(packet.count == 6 + length, "a command is as long as it says")
          asked = packet
        case .listen(let address, _):
          try Violation.unless(address.count == 6, "an address has six bytes")
          isListening = true
        case .stopListening: isListening = false
        case .openController: hasController = true
        case .command(let packet):
          try Violation.unless(
            packet.count >= 4 && packet.count == 4 + Int(packet[3]), "a command is as long as it says")
          commanded = packet
        case .closeController: hasController = false
        case .wait, .stopWaiting: break
        case .absent: hasFailed = true
        case .failed(let text):
          try Violation.unless(!hasFailed, "it fails once")
          try Violation.unless(text.utf8.allSatisfy { $0 >= 0x20 && $0 <= 0x7E }, "a fault is one line")
          hasFailed = true
        case .finished:
          try Violation.unless(!hasController && !isListening, "nothing is held at the end")
          isOpen = false
          hasFailed = false
        }
      }
      try Violation.unless(!peripheral.isAdvertising || isListening, "who advertises accepts phones")
      try Violation.unless(!peripheral.isAdvertising || isOpen, "who advertises is open")
    }

    mutating func open() throws(Violation) {
      isOpen = true
      // Each window may fail, also one that was asked for while the last one ended.
      hasFailed = false
      try take(peripheral.open())
    }
  }

  static func run(_ bytes: inout InputBytes) throws(Violation) {
    let choices = bytes.byte()
    guard let shortID = ShortID([1, 2, 3]) else { return }
    var board = Board(
      peripheral: KernelPeripheral(
        adapter: choices & 1 == 0 ? nil : 1, advertisement: SetupAdvertisement(shortID: shortID, name: "Kettle"),
        requiresEncryption: choices & 2 != 0, random: FixedRandom(1)))
    try board.open()
    for _ in 0..<256 where !bytes.isAtEnd {
      switch bytes.number(below: 12) {
      case 0: try board.take(board.peripheral.receive(management: bytes.chunk()))
      case 1:  // the answer to what was asked, status and parameters as the input has them
        guard board.asked.count >= 6 else { continue }
        let status = bytes.byte()
        let answer = Array(board.asked[..<2]) + [status] + bytes.chunk()
        try board.take(
          board.peripheral.receive(
            management: [status == 0 ? 1 : 2, 0] + board.asked[2..<4]
              + LittleEndian.bytes(UInt16(truncatingIfNeeded: answer.count)) + answer))
      case 2: try board.take(board.peripheral.receive(management: [bytes.byte(), 0, bytes.byte() & 1, 0, 0, 0]))
      case 3:
        let settings = [6, 0, bytes.byte() & 1, 0, 4, 0, bytes.byte(), bytes.byte(), 0, 0]
        try board.take(board.peripheral.receive(management: settings))
      case 4: try board.take(board.peripheral.receive(controller: bytes.chunk()))
      case 5:
        guard board.commanded.count >= 4 else { continue }
        let answer: [UInt8] = [4, 0x0E, 4, 1, board.commanded[1], board.commanded[2], bytes.byte()]
        try board.take(board.peripheral.receive(controller: answer))
      case 6: try board.take(board.peripheral.elapsed())
      case 7: try board.take(board.peripheral.close())
      case 8: try board.open()
      case 9:  // a phone pairs, or tells which one it is
        let event = [[0x0A, 37], [0x0F, 12], [0x18, 30]][bytes.number(below: 3)] as [UInt8]
        let packet = [event[0], 0, 0, 0, event[1], 0] + bytes.chunk() + [UInt8](repeating: 2, count: 64)
        try board.take(board.peripheral.receive(management: Array(packet.prefix(6 + Int(event[1])))))
      case 10: board.peripheral.phoneCame(address: [1, 2, 3, 4, 5, 6], isRandom: bytes.number(below: 2) == 1)
      default:
        try board.take(board.peripheral.phoneGone())
        try board.take(board.peripheral.disconnect(address: [1, 2, 3, 4, 5, 6], isRandom: true))
      }
    }
  }
}
