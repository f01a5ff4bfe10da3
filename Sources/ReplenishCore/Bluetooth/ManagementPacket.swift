/// What the kernel's Bluetooth management says.
enum ManagementPacket: Equatable {
  /// A command was carried out (status 0) or refused.
  case answer(UInt16, index: UInt16, status: UInt8, [UInt8])
  /// An adapter came.
  case added(UInt16)
  /// An adapter went, or another program took it to itself.
  case removed(UInt16)
  /// An adapter's settings changed.
  case settings(UInt16, AdapterSettings)
  /// An advertisement was taken down, not by us.
  case advertisingRemoved(UInt16, instance: UInt8)
  /// A phone has paired: its address and the address's type, and whether the key is of LE Secure Connections.
  case paired(UInt16, [UInt8], isSecure: Bool)
  /// A phone that was known by a random address has told the address (and its type) that stays.
  case identified(UInt16, random: [UInt8], [UInt8])
  /// Whether a phone may pair, which somebody has to say although there is nothing to compare.
  case asksToPair(UInt16, [UInt8])
  /// Anything that is of no interest here.
  case other

  /// Reads a packet; nil if its length is not what it says, or too short for what it is.
  init?(_ packet: [UInt8]) {
    var reader = WireReader(packet)
    guard let event = reader.littleEndian16(), let index = reader.littleEndian16(),
      let length = reader.littleEndian16(),
      reader.remaining == length
    else { return nil }
    switch event {
    case 0x0001, 0x0002:  // command complete, command status
      guard let code = reader.littleEndian16(), let status = reader.byte() else { return nil }
      self = .answer(code, index: index, status: status, reader.rest())
    case 0x0004: self = .added(index)
    case 0x0005: self = .removed(index)
    case 0x0006:
      guard let settings = AdapterSettings(&reader) else { return nil }
      self = .settings(index, settings)
    case 0x0024:
      guard let instance = reader.byte() else { return nil }
      self = .advertisingRemoved(index, instance: instance)
    case 0x000A:  // new long-term key; what follows its type is the key
      guard reader.byte() != nil, let phone = reader.bytes(7), let type = reader.byte() else { return nil }
      self = .paired(index, phone, isSecure: type == 2 || type == 3)
    case 0x000F:
      guard let phone = reader.bytes(7) else { return nil }
      self = .asksToPair(index, phone)
    case 0x0018:  // new identity resolving key, which follows the addresses
      guard reader.byte() != nil, let random = reader.bytes(6), let phone = reader.bytes(7) else { return nil }
      self = .identified(index, random: random, phone)
    default: self = .other
    }
  }
}

/// What of an adapter's settings matters here.
struct AdapterSettings: OptionSet, Equatable {
  let rawValue: UInt32

  static let powered = AdapterSettings(rawValue: 1 << 0)
  static let bondable = AdapterSettings(rawValue: 1 << 4)
  static let secureSimplePairing = AdapterSettings(rawValue: 1 << 6)
  static let lowEnergy = AdapterSettings(rawValue: 1 << 9)
  static let secureConnections = AdapterSettings(rawValue: 1 << 11)
  static let privacy = AdapterSettings(rawValue: 1 << 13)

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init?(_ reader: inout WireReader) {
    guard let low = reader.littleEndian16(), let high = reader.littleEndian16() else { return nil }
    rawValue = UInt32(high) << 16 | UInt32(low)
  }
}

/// Which adapter is used, by the answer to *Read Controller Index List*.
enum AdapterChoice {
  /// The wanted one, or the one with the lowest number.
  case adapter(UInt16)
  /// It is not there, or none is.
  case none
  /// The kernel does not tell.
  case failed(String)

  init(_ wanted: UInt16?, status: UInt8, _ parameters: [UInt8]) {
    guard status == 0, let indices = AdapterInformation.indices(parameters) else {
      self = .failed("the kernel does not tell its Bluetooth adapters (status \(status)); see its log: dmesg")
      return
    }
    var chosen: UInt16?
    for index in indices where index == wanted ?? index && index <= chosen ?? index { chosen = index }
    self = chosen.map { .adapter($0) } ?? .none
  }
}

/// The answer to *Read Controller Information*.
struct AdapterInformation: Equatable {
  /// The public address, least significant byte first; all zero if the adapter has none.
  let address: [UInt8]
  let supported: AdapterSettings
  let current: AdapterSettings

  init?(_ bytes: [UInt8]) {
    var reader = WireReader(bytes)
    // Between address and settings: the Bluetooth version (1) and the manufacturer (2). Class and names follow.
    guard let address = reader.bytes(6), reader.bytes(3) != nil, let supported = AdapterSettings(&reader),
      let current = AdapterSettings(&reader)
    else { return nil }
    self.address = address
    self.supported = supported
    self.current = current
  }

  /// What is wrong if the answer cannot be read.
  static func senseless(_ index: UInt16) -> String {
    "hci\(index): the kernel's description of it makes no sense; use a kernel of 5.10 or later"
  }

  /// Whether the adapter has a public address.
  var hasAddress: Bool { address.contains { $0 != 0 } }

  /// The numbers in the answer to *Read Controller Index List*; nil if it is malformed.
  static func indices(_ bytes: [UInt8]) -> [UInt16]? {
    var reader = WireReader(bytes)
    guard let count = reader.littleEndian16(), reader.remaining == 2 * Int(count) else { return nil }
    var indices: [UInt16] = []
    while let index = reader.littleEndian16() { indices.append(index) }
    return indices
  }
}
