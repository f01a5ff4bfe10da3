/// Which device this is, to Amazon and to its owner.
public struct DeviceIdentity: Equatable, Sendable {
  /// The product.
  public let model: ModelID
  /// The one device. Never the Bluetooth address, which is public and changes.
  public let serial: SerialNumber
  /// Where the serial number was found, for a person: `device tree (/proc/device-tree/serial-number)` for instance.
  public let serialSource: String

  /// Makes an identity.
  public init(model: ModelID, serial: SerialNumber, serialSource: String) {
    self.model = model
    self.serial = serial
    self.serialSource = serialSource
  }
}
