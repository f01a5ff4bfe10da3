@testable import ReplenishCore

/// ATT packets from a phone: any bytes, and packets with real opcodes, handles, ranges and types.
enum ATTTarget {
  private static let types: [BluetoothUUID] = [
    .primaryService, .characteristic, .clientCharacteristicConfiguration, SetupService.uuid, SetupService.info,
    SetupService.write, SetupService.indicate, BluetoothUUID(0x2A00), BluetoothUUID(0x1800),
  ]
  private static let opcodes: [UInt8] = [
    0x01, 0x02, 0x03, 0x04, 0x06, 0x08, 0x0A, 0x0C, 0x0E, 0x10, 0x12, 0x16, 0x18, 0x1B, 0x1D, 0x1E, 0x20, 0x52, 0xD2,
  ]

  static func run(_ bytes: inout InputBytes) throws(Violation) {
    var wire = DeviceWire(
      PhoneConnection(credential: SetupParties.credential, model: SetupParties.model, random: FixedRandom(1)))
    for _ in 0..<256 where !bytes.isAtEnd {
      switch bytes.number(below: 12) {
      case 0: try wire.give(bytes.chunk())
      case 1: try wire.give([opcodes[bytes.number(below: opcodes.count)]] + bytes.chunk())
      case 2: try wire.give([opcodes[bytes.number(below: opcodes.count)]] + handle(&bytes) + bytes.chunk())
      case 3:
        let range = handle(&bytes) + handle(&bytes)
        try wire.give([opcodes[bytes.number(below: opcodes.count)]] + range + type(&bytes) + bytes.chunk())
      case 4: try wire.give([0x02] + BluetoothUUID(bytes.word()).littleEndian)
      case 5: try wire.give([0x12, UInt8(SetupService.Handle.indicateConfiguration), 0, bytes.byte(), 0])
      case 6: try wire.write(bytes.chunk())
      case 7: try wire.give([0x1E])
      case 8: try wire.give([0x16] + handle(&bytes) + [bytes.byte(), bytes.byte() & 1] + bytes.chunk())
      case 9: try wire.give([0x18, bytes.byte()])
      case 10: try wire.attemptCounted()
      default:
        try wire.send(
          [SetupMessage.hello(versions: [1]).bytes, [2] + bytes.chunk()][bytes.number(below: 2)], session: 7)
      }
    }
  }

  private static func handle(_ bytes: inout InputBytes) -> [UInt8] {
    let low = bytes.byte()
    return low == 0xFF ? [0xFF, 0xFF] : [low, low > 0xF0 ? bytes.byte() : 0]
  }

  private static func type(_ bytes: inout InputBytes) -> [UInt8] {
    types[bytes.number(below: types.count)].littleEndian
  }
}
