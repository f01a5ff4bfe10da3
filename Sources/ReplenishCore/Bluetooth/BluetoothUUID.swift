/// The type of an attribute: 16 bits assigned by the Bluetooth SIG, or 128 of one's own.
public struct BluetoothUUID: Equatable, Sendable {
  // Two words and not bytes: those below are then constants of the program, and comparing them is a line of code.
  private let high: UInt64
  private let low: UInt64

  /// A UUID as it is written, `e0b20001-…`, in two halves.
  init(_ high: UInt64, _ low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A 16-bit UUID, which stands for one of 128 bits (Core Specification, Vol 3, Part B, section 2.5.1).
  public init(_ assigned: UInt16) {
    self.init(BluetoothUUID.baseHigh | UInt64(assigned) << 32, BluetoothUUID.baseLow)
  }

  /// A UUID from 2 or 16 bytes, the least significant first; nil for another count.
  public init?(littleEndian bytes: [UInt8]) {
    switch bytes.count {
    case 2: self.init(UInt16(bytes[1]) << 8 | UInt16(bytes[0]))
    case 16:
      let low = bytes[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      let high = bytes[8...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      self.init(high, low)
    default: return nil
    }
  }

  /// The bytes as ATT and advertisements carry them, the least significant first: 2 of an assigned one, else 16.
  public var littleEndian: [UInt8] {
    let isAssigned = low == BluetoothUUID.baseLow && high & ~(0xFFFF << 32) == BluetoothUUID.baseHigh
    if isAssigned { return LittleEndian.bytes(UInt16(truncatingIfNeeded: high >> 32)) }
    return (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? low : high) >> UInt64($0 % 8 * 8)) }
  }

  /// The UUID as it is written, `e0b20001-…`; of an assigned one, its four digits.
  var text: String {
    let digits = Array(Hex.encode(Array(littleEndian.reversed())).utf8)
    var text: [UInt8] = []
    for (index, digit) in digits.enumerated() {
      if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
      text.append(digit)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The base of the assigned UUIDs, 00000000-0000-1000-8000-00805F9B34FB.
  private static let baseHigh: UInt64 = 0x0000_0000_0000_1000
  private static let baseLow: UInt64 = 0x8000_0080_5F9B_34FB

  static let primaryService = BluetoothUUID(0x2800)
  static let characteristic = BluetoothUUID(0x2803)
  static let clientCharacteristicConfiguration = BluetoothUUID(0x2902)
  static let genericAccess = BluetoothUUID(0x1800)
  static let genericAttribute = BluetoothUUID(0x1801)
  static let deviceName = BluetoothUUID(0x2A00)
  static let appearance = BluetoothUUID(0x2A01)
}
