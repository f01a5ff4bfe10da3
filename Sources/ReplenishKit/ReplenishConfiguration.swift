import ReplenishCore
import ReplenishLinux

/// Everything a product decides about its device and its board.
public struct ReplenishConfiguration {
  /// How a phone reaches the device during setup.
  public enum Bearer: Equatable {
    /// Not at all: the device is linked in another way, or never.
    case none
    /// Bluetooth LE, straight through the kernel. Nothing else may use the adapter meanwhile, bluetoothd least of all.
    case kernel(Bluetooth)
    /// Bluetooth LE, through bluetoothd, beside whatever else uses it; needs ``ReplenishConfiguration/bluetoothd``.
    case bluetoothd(Bluetooth)
    /// Bluetooth LE, by whatever way there is when the window opens: ``bluetoothd(_:)`` where it runs, else
    /// ``kernel(_:)``. Without ``ReplenishConfiguration/bluetoothd`` the window stays shut where bluetoothd runs.
    case automatic(Bluetooth)
    /// A UNIX `SOCK_SEQPACKET` socket at this path, for machines without Bluetooth. Never ship a device with it.
    case socket(String)
  }

  /// What a phone sees over Bluetooth.
  public struct Bluetooth: Equatable {
    /// The number of the adapter, 0 for hci0; nil takes the first.
    public var adapter: UInt16?
    /// The name in a phone's list; 29 bytes of it are sent.
    public var name = "Replenish"
    /// The maker's number from the Bluetooth SIG. 0xFFFF is for tests and must not be shipped.
    public var companyID: UInt16 = 0xFFFF
    /// Whether phones must pair (Just Works) before they can use the service, which encrypts the link below the session.
    public var requiresEncryption = false

    /// Makes one with the defaults.
    public init() {}
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
  /// What makes the way through bluetoothd: `BluetoothdBearer.make` of the module ReplenishBluetoothd, which needs
  /// libsystemd. Firmware that does not set it links nothing of that.
  public var bluetoothd: BluetoothBearerFactory?

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
