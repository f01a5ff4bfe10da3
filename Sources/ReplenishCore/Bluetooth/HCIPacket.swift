/// Commands to the controller itself (Core Specification, Vol 4, Part E, section 7.8), for advertising where the kernel's
/// management refuses to.
enum HCICommand {
  static var setRandomAddress: UInt16 { 0x2005 }
  static var setAdvertisingParameters: UInt16 { 0x2006 }
  static var setAdvertisingData: UInt16 { 0x2008 }
  static var setScanResponse: UInt16 { 0x2009 }
  static var setAdvertisingEnable: UInt16 { 0x200A }

  /// A packet: its type, the opcode, the length, the parameters.
  static func packet(_ opcode: UInt16, _ parameters: [UInt8]) -> [UInt8] {
    [0x01] + LittleEndian.bytes(opcode) + [UInt8(truncatingIfNeeded: parameters.count)] + parameters
  }

  /// All that is needed to advertise from a random address.
  static func advertise(address: [UInt8], _ data: [UInt8], _ response: [UInt8]) -> [[UInt8]] {
    let interval = ManagementCommand.interval
    return [
      // A controller that advertises refuses other parameters.
      enable(false),
      packet(setRandomAddress, address),
      // Connectable and scannable, from the random address, on all three channels, to everybody.
      packet(
        setAdvertisingParameters,
        LittleEndian.bytes(interval.shortest) + LittleEndian.bytes(interval.longest) + [0, 1, 0] + [0, 0, 0, 0, 0, 0]
          + [7, 0]),
      packet(setAdvertisingData, padded(data)), packet(setScanResponse, padded(response)), enable(true),
    ]
  }

  /// Begins or ends advertising.
  static func enable(_ isOn: Bool) -> [UInt8] {
    packet(setAdvertisingEnable, [isOn ? 1 : 0])
  }

  /// The length, then 31 bytes.
  private static func padded(_ data: [UInt8]) -> [UInt8] {
    let kept = data.prefix(31)
    return [UInt8(truncatingIfNeeded: kept.count)] + kept + [UInt8](repeating: 0, count: 31 - kept.count)
  }
}

/// A controller's answer to a command.
struct HCIAnswer: Equatable {
  let opcode: UInt16
  let status: UInt8

  /// Reads *Command Complete* or *Command Status*; nil for any other packet.
  init?(_ packet: [UInt8]) {
    var reader = WireReader(packet)
    guard reader.byte() == 0x04, let event = reader.byte(), let length = reader.byte(), reader.remaining == length
    else {
      return nil
    }
    var status: UInt8?
    if event == 0x0F { status = reader.byte() }
    guard event == 0x0E || event == 0x0F, reader.byte() != nil, let opcode = reader.littleEndian16() else { return nil }
    if event == 0x0E { status = reader.byte() }
    guard let status else { return nil }
    self.opcode = opcode
    self.status = status
  }
}
