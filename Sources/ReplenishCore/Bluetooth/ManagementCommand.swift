/// A command to the kernel's Bluetooth management (BlueZ, doc/mgmt-api): code, adapter, length, parameters, all of them
/// least significant byte first.
struct ManagementCommand: Equatable {
  /// What is commanded.
  enum Code: UInt16 {
    case readIndexList = 0x0003
    case readInformation = 0x0004
    case setPowered = 0x0005
    case setLowEnergy = 0x000D
    case disconnect = 0x0014
    case setStaticAddress = 0x002B
    case setPrivacy = 0x002F
    case addAdvertising = 0x003E
    case removeAdvertising = 0x003F
    case addExtendedAdvertisingParameters = 0x0054
    case addExtendedAdvertisingData = 0x0055
  }

  /// The adapter number of what concerns none.
  static let noIndex: UInt16 = 0xFFFF
  /// The one advertisement that is ours. The number is the caller's to choose, and an older one of it is replaced.
  static let instance: UInt8 = 1
  /// The kernel takes the advertisement down by itself after these seconds, should this process be killed. The longest
  /// window is ten minutes.
  static let advertisingSeconds: UInt16 = 605
  /// The advertising interval in units of 0.625 ms: 100 to 150 ms, so that a phone sees the device in a second or two.
  static let interval: (shortest: UInt16, longest: UInt16) = (160, 240)

  let code: Code
  let index: UInt16
  let parameters: [UInt8]

  init(_ code: Code, _ index: UInt16, _ parameters: [UInt8] = []) {
    self.code = code
    self.index = index
    self.parameters = parameters
  }

  /// The packet.
  var bytes: [UInt8] {
    LittleEndian.bytes(code.rawValue) + LittleEndian.bytes(index)
      + LittleEndian.bytes(UInt16(truncatingIfNeeded: parameters.count)) + parameters
  }

  /// Makes the advertisement connectable, with flags of its own, for at most ``advertisingSeconds``.
  static func advertisingParameters(_ index: UInt16) -> ManagementCommand {
    // Connectable; the timeout and the intervals that follow count.
    let flags: UInt16 = 1 << 0 | 1 << 13 | 1 << 14
    return ManagementCommand(
      .addExtendedAdvertisingParameters, index,
      [instance] + LittleEndian.bytes(flags) + [0, 0] + [0, 0] + LittleEndian.bytes(advertisingSeconds)
        + LittleEndian.bytes(interval.shortest) + [0, 0] + LittleEndian.bytes(interval.longest) + [0, 0] + [0x7F])
  }

  /// Gives the advertisement its data.
  static func advertisingData(_ index: UInt16, _ data: [UInt8], _ response: [UInt8]) -> ManagementCommand {
    ManagementCommand(.addExtendedAdvertisingData, index, [instance] + lengths(data, response) + data + response)
  }

  /// Both at once, for kernels before 5.11; the interval is then the kernel's.
  static func advertising(_ index: UInt16, _ data: [UInt8], _ response: [UInt8]) -> ManagementCommand {
    ManagementCommand(
      .addAdvertising, index,
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
