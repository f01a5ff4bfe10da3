/// Commands to the kernel's Bluetooth management (BlueZ, doc/mgmt-api): code, adapter, length, parameters, all of them
/// least significant byte first. They are kept as the packets that they are, for the sake of size.
enum ManagementCommand {
  static var readIndexList: UInt8 { 0x03 }
  static var readInformation: UInt8 { 0x04 }
  static var setPowered: UInt8 { 0x05 }
  static var setBondable: UInt8 { 0x09 }
  static var setSecureSimplePairing: UInt8 { 0x0B }
  static var setLowEnergy: UInt8 { 0x0D }
  static var disconnect: UInt8 { 0x14 }
  static var setCapability: UInt8 { 0x18 }
  static var unpair: UInt8 { 0x1B }
  static var confirmPairing: UInt8 { 0x1C }
  static var startDiscovery: UInt8 { 0x23 }
  static var stopDiscovery: UInt8 { 0x24 }
  static var setStaticAddress: UInt8 { 0x2B }
  static var setSecureConnections: UInt8 { 0x2D }
  static var setPrivacy: UInt8 { 0x2F }
  static var addAdvertising: UInt8 { 0x3E }
  static var removeAdvertising: UInt8 { 0x3F }
  static var addExtendedAdvertisingParameters: UInt8 { 0x54 }
  static var addExtendedAdvertisingData: UInt8 { 0x55 }

  /// The adapter number of what concerns none.
  static var noIndex: UInt16 { 0xFFFF }
  /// The one advertisement that is ours. The number is the caller's to choose, and an older one of it is replaced.
  static var instance: UInt8 { 1 }
  /// The kernel takes the advertisement down by itself after these seconds, should this process be killed. The longest
  /// window is ten minutes.
  static var advertisingSeconds: UInt16 { 605 }
  /// The advertising interval in units of 0.625 ms: 100 to 150 ms, so that a phone sees the device in a second or two.
  static var interval: (shortest: UInt16, longest: UInt16) { (160, 240) }

  /// A packet; every code in use is below 256.
  static func packet(_ code: UInt8, _ index: UInt16, _ parameters: [UInt8] = []) -> [UInt8] {
    [code, 0] + LittleEndian.bytes(index) + LittleEndian.bytes(UInt16(truncatingIfNeeded: parameters.count))
      + parameters
  }

  /// Whether an answer about this code and adapter is the one to this command.
  static func isAnswered(_ command: [UInt8], _ code: UInt16, _ index: UInt16) -> Bool {
    command.count >= 4 && LittleEndian.bytes(code) + LittleEndian.bytes(index) == Array(command[..<4])
  }

  /// Makes the advertisement connectable, with flags of its own, for at most ``advertisingSeconds``.
  static func advertisingParameters(_ index: UInt16) -> [UInt8] {
    // Connectable; the timeout and the intervals that follow count.
    let flags: UInt16 = 1 << 0 | 1 << 13 | 1 << 14
    return packet(
      addExtendedAdvertisingParameters, index,
      [instance] + LittleEndian.bytes(flags) + [0, 0] + [0, 0] + LittleEndian.bytes(advertisingSeconds)
        + LittleEndian.bytes(interval.shortest) + [0, 0] + LittleEndian.bytes(interval.longest) + [0, 0] + [0x7F])
  }

  /// Gives the advertisement its data.
  static func advertisingData(_ index: UInt16, _ data: [UInt8], _ response: [UInt8]) -> [UInt8] {
    packet(addExtendedAdvertisingData, index, [instance] + lengths(data, response) + data + response)
  }

  /// Both at once, for kernels before 5.11; the interval is then the kernel's.
  static func advertising(_ index: UInt16, _ data: [UInt8], _ response: [UInt8]) -> [UInt8] {
    packet(
      addAdvertising, index,
      [instance, 1, 0, 0, 0, 0, 0] + LittleEndian.bytes(advertisingSeconds) + lengths(data, response) + data + response)
  }

  private static func lengths(_ data: [UInt8], _ response: [UInt8]) -> [UInt8] {
    [UInt8(truncatingIfNeeded: data.count), UInt8(truncatingIfNeeded: response.count)]
  }
}

/// Numbers as Bluetooth writes them.
enum LittleEndian {
  static func bytes(_ number: UInt16) -> [UInt8] {
    [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
  }
}
