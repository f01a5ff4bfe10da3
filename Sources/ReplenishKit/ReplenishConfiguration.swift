import ReplenishCore
import ReplenishLinux

/// Everything a product decides about its device and its board.
public struct ReplenishConfiguration {
  /// How a phone reaches the device during setup.
  public enum Bearer: Equatable {
    /// Not at all: the device is linked in another way, or never.
    case none
    /// A UNIX `SOCK_SEQPACKET` socket at this path, for machines without Bluetooth. Never ship a device with it.
    case socket(String)
  }

  /// Where the serial number comes from.
  public enum Serial: Equatable {
    /// This one.
    case fixed(String)
    /// The first of these places that has one.
    case found(in: [SerialSource])
  }

  /// The device model id from the Dash console.
  public var model: String
  /// The serial number, or where to look for it.
  public var serial: Serial
  /// What the device does: slots, addresses, limits.
  public var device: DeviceConfiguration
  /// The folder for tokens and presses; it must belong to this user, mode 0700.
  public var stateFolder: String
  /// The record that the factory made for this device. Without it, or while the file is missing, no phone can link.
  public var setupRecord: String?
  /// The file of the board's key, 32 bytes, that seals the records with tokens; nil leaves them to file permissions.
  public var sealKeyFile: String?
  /// The certificates to trust, and the limits of requests.
  public var http = HTTPClientConfiguration()
  /// How a phone reaches the device.
  public var bearer = Bearer.none

  /// Makes a configuration.
  public init(model: String, serial: Serial, device: DeviceConfiguration, stateFolder: String) {
    self.model = model
    self.serial = serial
    self.device = device
    self.stateFolder = stateFolder
  }
}

/// Why a device could not be made.
public struct ReplenishError: Error, Equatable {
  /// What was wrong, where, and what to do; one sentence for a person.
  public let text: String

  /// Makes an error.
  public init(_ text: String) { self.text = text }
}
