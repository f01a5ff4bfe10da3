/// What bluetoothd says of one adapter.
public struct BluezAdapter {
  /// Its object, `/org/bluez/hci0` for instance.
  public var path: String
  /// Whether it is switched on.
  public var isPowered = false
  /// Whether services can be registered on it (`GattManager1`).
  public var takesServices = false
  /// How many more advertisements it takes (`SupportedInstances`); nil if it takes none at all
  /// (no `LEAdvertisingManager1`).
  public var freeAdvertisements: UInt8?
  /// The identity that bluetoothd gives devices, in which its version is; empty if there is none.
  public var modalias = ""

  /// Makes one.
  public init(path: String) { self.path = path }

  /// The number in `hci0`; nil if this is no adapter's path.
  public var index: UInt16? { BluezAdapter.index(path) }

  /// The number in the path of an adapter; nil for another path.
  static func index(_ path: String) -> UInt16? {
    let prefix = Array("/org/bluez/hci".utf8)
    let bytes = Array(path.utf8)
    guard bytes.starts(with: prefix), bytes.count > prefix.count, bytes.count <= prefix.count + 4 else { return nil }
    var number: UInt16 = 0
    for byte in bytes[prefix.count...] {
      guard ASCII.isDigit(byte) else { return nil }
      number = number * 10 + UInt16(byte - UInt8(ascii: "0"))
    }
    return number
  }

  /// Whether bluetoothd writes a byte to an acquired descriptor when a phone has confirmed: from BlueZ 5.80 on.
  ///
  /// It names its version nowhere but here: `usb:v1D6Bp0246d0552` is 5.82. Where an administrator has given the machine
  /// another identity (`DeviceID` in main.conf), the way that every version has is taken.
  var tellsConfirmations: Bool {
    let bytes = Array(modalias.utf8)
    let prefix = Array("usb:v1D6Bp0246d".utf8)
    guard bytes.starts(with: prefix), bytes.count == prefix.count + 4,
      let version = Hex.decode(Array(bytes[prefix.count...])), version.count == 2
    else { return false }
    return (version[0], version[1]) >= (5, 80)
  }
}
