/// The names of ATT packets (Bluetooth Core, Vol 3, Part F, 3.4.8), for people who watch a talk.
enum ATTPacketName {
  static func of(_ packet: [UInt8]) -> String {
    guard let opcode = packet.first else { return "an empty packet" }
    return names.first { $0.opcode == opcode }?.name ?? "opcode \(opcode)"
  }

  static let errorResponse: UInt8 = 0x01
  static let writeRequest: UInt8 = 0x12
  static let writeResponse: UInt8 = 0x13

  private static let names: [(opcode: UInt8, name: String)] = [
    (0x01, "Error Response"), (0x02, "Exchange MTU Request"), (0x03, "Exchange MTU Response"),
    (0x04, "Find Information Request"), (0x05, "Find Information Response"), (0x06, "Find By Type Value Request"),
    (0x07, "Find By Type Value Response"), (0x08, "Read By Type Request"), (0x09, "Read By Type Response"),
    (0x0A, "Read Request"), (0x0B, "Read Response"), (0x0C, "Read Blob Request"), (0x0D, "Read Blob Response"),
    (0x10, "Read By Group Type Request"), (0x11, "Read By Group Type Response"), (0x12, "Write Request"),
    (0x13, "Write Response"), (0x1D, "Handle Value Indication"), (0x1E, "Handle Value Confirmation"),
    (0x52, "Write Command"),
  ]
}
