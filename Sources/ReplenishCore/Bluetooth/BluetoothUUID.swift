/// The type of an attribute: 16 bits assigned by the Bluetooth SIG, or 128 of one's own.
public struct BluetoothUUID: Equatable, Sendable {
  /// The bytes as ATT and advertisements carry them, the least significant first: 2 or 16.
  public let littleEndian: [UInt8]

  /// A 16-bit UUID.
  public init(_ assigned: UInt16) {
    littleEndian = [UInt8(truncatingIfNeeded: assigned), UInt8(truncatingIfNeeded: assigned >> 8)]
  }

  /// A UUID from 2 or 16 bytes, the least significant first; nil for another count. One of 128 bits that stands for an
  /// assigned one (Core Specification, Vol 3, Part B, section 2.5.1) becomes that.
  public init?(littleEndian bytes: [UInt8]) {
    switch bytes.count {
    case 2: littleEndian = bytes
    case 16:
      let isAssigned = bytes[..<12].elementsEqual(BluetoothUUID.base[..<12]) && bytes[14] == 0 && bytes[15] == 0
      littleEndian = isAssigned ? Array(bytes[12..<14]) : bytes
    default: return nil
    }
  }

  /// A UUID as it is written, `e0b20001-…`, in two halves.
  init(_ high: UInt64, _ low: UInt64) {
    littleEndian =
      (0..<8).map { UInt8(truncatingIfNeeded: low >> ($0 * 8)) }
      + (0..<8).map { UInt8(truncatingIfNeeded: high >> ($0 * 8)) }
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
  private static let base = BluetoothUUID(0x0000_0000_0000_1000, 0x8000_0080_5F9B_34FB).littleEndian

  static let primaryService = BluetoothUUID(0x2800)
  static let characteristic = BluetoothUUID(0x2803)
  static let clientCharacteristicConfiguration = BluetoothUUID(0x2902)
  static let genericAccess = BluetoothUUID(0x1800)
  static let genericAttribute = BluetoothUUID(0x1801)
  static let deviceName = BluetoothUUID(0x2A00)
  static let appearance = BluetoothUUID(0x2A01)
}
