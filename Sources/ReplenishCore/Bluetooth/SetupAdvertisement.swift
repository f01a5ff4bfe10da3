/// What a device sends while its setup window is open (Core Specification, Vol 3, Part C, section 11; the Supplement).
///
/// The advertisement has the service and the short id, the scan response the name: each has room for 31 bytes.
public struct SetupAdvertisement {
  /// The most bytes of a legacy advertisement or scan response.
  public static let maximumLength = 31
  /// The version of the manufacturer data's layout.
  public static let format: UInt8 = 1

  private let shortID: ShortID
  private let name: String
  let companyID: UInt16

  /// Makes an advertisement.
  ///
  /// - Parameters:
  ///   - shortID: The short id on the label.
  ///   - name: The name that a phone's list shows; cut at 29 bytes.
  ///   - companyID: The maker's number from the Bluetooth SIG. The default, 0xFFFF, is for tests and must not be shipped.
  public init(shortID: ShortID, name: String, companyID: UInt16 = 0xFFFF) {
    self.shortID = shortID
    self.name = name
    self.companyID = companyID
  }

  /// The manufacturer data without the company id: the layout's version, then the short id.
  public var manufacturerData: [UInt8] { [SetupAdvertisement.format] + shortID.bytes }

  /// The advertisement: flags (general discoverable, no BR/EDR), the service's UUID, the manufacturer data.
  public var advertisingData: [UInt8] {
    SetupAdvertisement.structure(0x01, [0x06])
      + SetupAdvertisement.structure(0x07, SetupService.uuid.littleEndian)
      + SetupAdvertisement.structure(0xFF, BluetoothUUID(companyID).littleEndian + manufacturerData)
  }

  /// The scan response: the name, marked as shortened if it was cut.
  public var scanResponse: [UInt8] {
    let shown = shownName.bytes
    return SetupAdvertisement.structure(shown.count == name.bytes.count ? 0x09 : 0x08, shown)
  }

  /// The name as far as there is room for it.
  var shownName: String { name.shortened(to: SetupAdvertisement.maximumLength - 2) }

  private static func structure(_ type: UInt8, _ data: [UInt8]) -> [UInt8] {
    [UInt8(truncatingIfNeeded: 1 + data.count), type] + data
  }
}
