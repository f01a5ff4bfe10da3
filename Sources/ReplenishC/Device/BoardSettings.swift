import ReplenishCCommon
import ReplenishCore

/// What the setters of replenish.h gave, beside those of both headers.
final class BoardSettings {
  /// A place where the serial number may stand.
  enum SerialPlace {
    /// A file.
    case file(String)
    /// The device tree.
    case deviceTree
    /// The DMI tables.
    case dmi
  }

  /// Where the control socket is, and for whom.
  struct ControlSocket {
    /// Its path.
    let path: String
    /// The group that may read.
    let readGroup: String?
    /// The group that may act.
    let actGroup: String?
  }

  /// The maker's cloud, and who the device is there.
  struct Cloud {
    /// Where it listens for devices.
    let address: ServiceURL
    /// The path of the device's certificate.
    let certificate: String
    /// The path of its key.
    let privateKey: String
  }

  /// Where to look for the serial number.
  var serialPlaces: [SerialPlace] = []
  /// The state folder.
  var stateFolder: String?
  /// The path of the factory's record.
  var setupRecord: String?
  /// The path of the board's key.
  var sealKeyFile: String?
  /// The certificates to trust.
  var caFile: String?
  /// The socket that stands in for Bluetooth.
  var phoneSocket: String?
  /// The control socket.
  var control: ControlSocket?
  /// Who orders instead of the device; nil where the device does.
  var cloud: Cloud?
  /// Whether the device waits for commands there.
  var waitsForCommands = false
}

extension Configuration {
  /// The settings of the board; nobody but this front door has any.
  var settings: BoardSettings {
    if let board { return unsafeDowncast(board, to: BoardSettings.self) }
    let settings = BoardSettings()
    board = settings
    return settings
  }
}
