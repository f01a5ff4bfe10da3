/// What the configuration file of the `dash-button` daemon says, checked as far as its text alone allows.
///
/// ``ConfigurationKey`` has the meaning, range and default of each value. Whether files, groups and devices exist is
/// for those who open them.
public struct DaemonConfiguration: Equatable {
  /// The `[device]` section.
  public var device: Device
  /// The `[amazon]` section.
  public var amazon: Amazon
  /// The `[cloud]` section; nil where the device orders by itself.
  public var cloud: Cloud?
  /// The `[slot NAME]` sections in the file's order; 1 to 16 of them.
  public var slots: [Slot]
  /// The `[setup]` section.
  public var setup: Setup
  /// The `[orders]` section.
  public var orders: Orders
  /// The `[control]` section.
  public var control: Control
  /// The least important message that is logged.
  public var logLevel: LogLevel

  /// The most slots that a device has.
  public static let slotLimit = 16

  /// What the device is, and where it keeps what it knows.
  public struct Device: Equatable {
    /// The device model id.
    public var model: ModelID
    /// Where the serial number comes from, in the order of asking; never empty.
    public var serialSources: [SerialSource]
    /// The folder for tokens and presses.
    public var stateFolder: String
    /// The factory's verifier record.
    public var setupRecord: String
    /// The file of the key that seals the tokens; nil for none.
    public var sealKey: String?
  }

  /// A place that may hold the serial number.
  public enum SerialSource: Equatable {
    /// The configuration file itself.
    case fixed(SerialNumber)
    /// The first line of a file.
    case file(String)
    /// `/proc/device-tree/serial-number`, a Raspberry Pi's for instance.
    case deviceTree
    /// `/sys/class/dmi/id/product_serial`, a PC's.
    case dmi
  }

  /// Amazon's side.
  public struct Amazon: Equatable {
    /// The region of Login with Amazon.
    public var region: Region
    /// Another token host than the region's, `https://HOST[:PORT]`.
    public var tokenHost: String?
    /// Another login host than the region's, `https://HOST[:PORT]`.
    public var authorizeHost: String?
    /// Another Dash Replenishment host, `https://HOST[:PORT]`.
    public var serviceHost: String?
    /// The only client id accepted from a phone.
    public var clientID: String?
    /// What the owner is asked to permit.
    public var scope: String
    /// Whether the device registers as a test device.
    public var isTestDevice: Bool
    /// Whether a model that is not certified yet may register.
    public var includesNonLive: Bool
    /// The certificate authorities to trust; nil for the board's own.
    public var caFile: String?
  }

  /// The maker's cloud, where it orders instead of the device.
  public struct Cloud: Equatable {
    /// Where it listens for devices, `https://HOST[:PORT]`.
    public var host: String
    /// The device's certificate.
    public var certificate: String
    /// The device's private key.
    public var privateKey: String
    /// The certificate authorities to trust for it; nil for the board's own.
    public var caFile: String?
    /// Whether the device waits for commands there.
    public var waitsForCommands = false
  }

  /// A region of Login with Amazon.
  public enum Region: String, CaseIterable, Sendable {
    /// North America.
    case na
    /// Europe.
    case eu
    /// The Far East.
    case fe
  }

  /// One thing that is reordered.
  public struct Slot: Equatable {
    /// The name in this file and at `replenishctl`: 1 to 32 of `A-Z a-z 0-9 _ -`.
    public var name: String
    /// The slot's id at the service.
    public var slotID: String
    /// What the owner presses; nil for nothing.
    public var button: Button?
    /// What shows how a press went; nil for nothing.
    public var light: Light?
  }

  /// One line of a GPIO chip.
  public struct GPIOLine: Equatable {
    /// The chip's device, `/dev/gpiochip0` for instance.
    public var chip: String
    /// The line's offset on the chip.
    public var line: Int
  }

  /// What the owner presses.
  public enum Button: Equatable {
    /// A GPIO line; `activeLow` if it reads 0 while the button is down.
    case gpio(GPIOLine, activeLow: Bool)
    /// A key of an input device.
    case evdev(device: String, key: Int)
  }

  /// What shows how a press went.
  public enum Light: Equatable {
    /// A GPIO line, high while lit.
    case gpio(GPIOLine)
    /// An LED of the kernel's class, `ACT` for `/sys/class/leds/ACT`.
    case led(String)
  }

  /// Linking by phone.
  public struct Setup: Equatable {
    /// How long the window stays open, in minutes: 1 to 10.
    public var windowMinutes: Int
    /// Whether the window opens at each start while no account is linked.
    public var opensAtBoot: Bool
    /// How a phone reaches the device.
    public var bearer: Bearer
    /// The number of the Bluetooth adapter, 0 for hci0; nil takes the first.
    public var adapter: UInt16?
    /// The name in a phone's list.
    public var name = "Replenish"
    /// The maker's number from the Bluetooth SIG.
    public var companyID: UInt16 = 0xFFFF
    /// Whether phones must pair first.
    public var requiresEncryption = false
  }

  /// How a phone reaches the device.
  public enum Bearer: Equatable {
    /// Through bluetoothd where it runs, else straight through the kernel.
    case auto
    /// Through bluetoothd.
    case bluetoothd
    /// Straight through the kernel.
    case kernel
    /// Through a UNIX socket, on machines without Bluetooth.
    case socket(String)
  }

  /// How long a press lives, and how early tokens are refreshed.
  public struct Orders: Equatable {
    /// The hours that a press may wait: 1 to 168.
    public var pressLifeHours: Int
    /// An access token with less than these minutes left is refreshed before a call: 1 to 55.
    public var refreshMarginMinutes: Int
    /// Whether the access token is refreshed before it is needed.
    public var refreshesAhead: Bool
  }

  /// The control socket.
  public struct Control: Equatable {
    /// The socket's path, at most 107 bytes.
    public var socket: String
    /// The group that may read; nil for root alone.
    public var readGroup: String?
    /// The group that may act; nil for root alone.
    public var actGroup: String?
  }

  /// How important a message is.
  public enum LogLevel: String, CaseIterable, Sendable {
    /// The device cannot do its work.
    case error
    /// Something is wrong that the device works around.
    case warning
    /// What happened.
    case info
    /// How it happened.
    case debug
  }
}
