/// An object that bluetoothd reads over D-Bus: our service, its characteristics, the advertisement.
public struct BusObject {
  /// A property's value, as D-Bus types it.
  public enum Value: Equatable {
    /// `s`
    case string(String)
    /// `o`
    case path(String)
    /// `as`
    case strings([String])
    /// `b`
    case flag(Bool)
    /// `u`
    case number(UInt32)
    /// `a{qv}` with one entry, whose value is `ay`
    case numbered(UInt16, [UInt8])
  }

  /// Where it is.
  public let path: String
  /// What it is.
  public let interface: String
  /// What it says of itself.
  public let properties: [(name: String, value: Value)]
}

/// The objects of the setup service (org.bluez.GattService1, GattCharacteristic1, LEAdvertisement1).
public enum SetupObjects {
  /// What is registered as an application: the service is below it.
  public static var application: String { "/replenishkit/setup" }
  /// The advertisement.
  public static var advertisement: String { "/replenishkit/advertisement" }

  /// The agent that lets phones pair: `org.bluez.Agent1`. It has no properties.
  public static var agent: String { "/replenishkit/agent" }

  /// The characteristics.
  public enum Characteristic: CaseIterable {
    case info, write, indicate

    /// Where it is.
    public var path: String {
      switch self {
      case .info: "/replenishkit/setup/service/info"
      case .write: "/replenishkit/setup/service/write"
      case .indicate: "/replenishkit/setup/service/indicate"
      }
    }
  }

  private static var service: String { "/replenishkit/setup/service" }

  /// The service and its characteristics. `acquires` has bluetoothd ask for a descriptor to indicate by; `encrypts` has it
  /// refuse phones whose link is not encrypted.
  static func services(acquires: Bool, encrypts: Bool) -> [BusObject] {
    var objects = [
      BusObject(
        path: service, interface: "org.bluez.GattService1",
        properties: [("UUID", .string(SetupService.uuid.text)), ("Primary", .flag(true))])
    ]
    for characteristic in Characteristic.allCases {
      let (uuid, flag) =
        switch characteristic {
        case .info: (SetupService.info, "read")
        case .write: (SetupService.write, "write")
        case .indicate: (SetupService.indicate, "indicate")
        }
      var properties: [(name: String, value: BusObject.Value)] = [
        ("UUID", .string(uuid.text)), ("Service", .path(service)),
        ("Flags", .strings([encrypts ? "encrypt-" + flag : flag])),
      ]
      // That this property is there at all is what tells bluetoothd.
      if characteristic == .indicate, acquires { properties.append(("NotifyAcquired", .flag(false))) }
      objects.append(
        BusObject(path: characteristic.path, interface: "org.bluez.GattCharacteristic1", properties: properties))
    }
    return objects
  }
}

extension SetupAdvertisement {
  /// The same as bluetoothd wants to be told it. It puts the name into the scan response.
  var object: BusObject {
    BusObject(
      path: SetupObjects.advertisement, interface: "org.bluez.LEAdvertisement1",
      properties: [
        ("Type", .string("peripheral")), ("ServiceUUIDs", .strings([SetupService.uuid.text])),
        ("ManufacturerData", .numbered(companyID, manufacturerData)), ("LocalName", .string(shownName)),
        ("Discoverable", .flag(true)),
        // In milliseconds; a bluetoothd without experimental features has an interval of its own.
        ("MinInterval", .number(100)), ("MaxInterval", .number(150)),
      ])
  }
}
