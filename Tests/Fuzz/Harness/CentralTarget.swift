@testable import ReplenishCore

/// A companion's Bluetooth: what the kernel's management answers and what the radio hears, any bytes or well-formed.
enum CentralTarget {
  static func run(_ bytes: inout InputBytes) throws(Violation) {
    guard let id = ShortID([1, 2, 3]) else { return }
    let wanted: [KernelCentral.Wanted] = [.shortID(id), .name("Kettle"), .only]
    var central = KernelCentral(adapter: nil, wanted: wanted[bytes.number(below: wanted.count)])
    var asked: [UInt8] = []
    var isOver = false
    func take(_ steps: [KernelCentral.Step]) throws(Violation) {
      try Violation.unless(!isOver || steps.isEmpty, "nothing follows the end")
      for step in steps {
        switch step {
        case .manage(let packet):
          let length = packet.count >= 6 ? Int(packet[4]) | Int(packet[5]) << 8 : -1
          try Violation.unless(packet.count == 6 + length, "a command is as long as it says")
          asked = packet
        case .wait: break
        case .found(let device, let own):
          try Violation.unless(device.address.count == 6 && own.count == 6, "an address has six bytes")
          isOver = true
        case .failed(let text):
          try Violation.unless(text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a fault is one line")
          isOver = true
        }
      }
      try Violation.unless(central.heard.count <= KernelCentral.mostDevices, "only so many are kept")
    }
    try take(central.start())
    for _ in 0..<256 where !bytes.isAtEnd {
      switch bytes.number(below: 6) {
      case 0: try take(central.receive(bytes.chunk()))
      case 1:  // the answer to what was asked, status and parameters as the input has them
        guard asked.count >= 6 else { continue }
        let status = bytes.byte()
        let answer = Array(asked[..<2]) + [status] + bytes.chunk()
        try take(
          central.receive(
            [status == 0 ? 1 : 2, 0] + asked[2..<4] + LittleEndian.bytes(UInt16(truncatingIfNeeded: answer.count))
              + answer))
      case 2: try take(central.receive([bytes.byte(), 0, bytes.byte() & 1, 0, 0, 0]))
      case 3:  // a device, whose last parts are the input's
        let sent = SetupAdvertisement(shortID: id, name: "").advertisingData
        try hear(sent.prefix(bytes.number(below: sent.count + 1)) + bytes.chunk())
      case 4: try hear(bytes.chunk()[...])
      default: try take(central.elapsed())
      }
    }

    func hear(_ data: ArraySlice<UInt8>) throws(Violation) {
      let head: [UInt8] = [1, 2, 3, 4, 5, 6, 2, 0, 0, 0, 0, 0]
      let body = head + LittleEndian.bytes(UInt16(truncatingIfNeeded: data.count)) + data
      try take(central.receive([0x12, 0, 0, 0] + LittleEndian.bytes(UInt16(truncatingIfNeeded: body.count)) + body))
    }
  }
}
