import CSystemd
import ReplenishCore

/// What we send.
extension BusMessage {
  /// The message of a call; nil if there is no memory for it.
  static func make(_ bus: OpaquePointer, _ call: BluetoothdPeripheral.Call) -> OpaquePointer? {
    switch call {
    case .findAdapters:
      return make(bus, "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", starts: true) { _ in }
    case .setPowered(let adapter, let isOn):
      return make(bus, adapter, "org.freedesktop.DBus.Properties", "Set") {
        append($0, string: "org.bluez.Adapter1")
        append($0, string: "Powered")
        append($0, variant: .flag(isOn))
      }
    case .registerApplication(let adapter):
      return make(bus, adapter, "org.bluez.GattManager1", "RegisterApplication") {
        append($0, string: SetupObjects.application, "o")
        append($0, properties: [])
      }
    case .unregisterApplication(let adapter):
      return make(bus, adapter, "org.bluez.GattManager1", "UnregisterApplication") {
        append($0, string: SetupObjects.application, "o")
      }
    case .registerAdvertisement(let adapter):
      return make(bus, adapter, "org.bluez.LEAdvertisingManager1", "RegisterAdvertisement") {
        append($0, string: SetupObjects.advertisement, "o")
        append($0, properties: [])
      }
    case .unregisterAdvertisement(let adapter):
      return make(bus, adapter, "org.bluez.LEAdvertisingManager1", "UnregisterAdvertisement") {
        append($0, string: SetupObjects.advertisement, "o")
      }
    case .registerAgent:
      return make(bus, "/org/bluez", "org.bluez.AgentManager1", "RegisterAgent") {
        append($0, string: SetupObjects.agent, "o")
        append($0, string: "NoInputNoOutput")
      }
    case .unregisterAgent:
      return make(bus, "/org/bluez", "org.bluez.AgentManager1", "UnregisterAgent") {
        append($0, string: SetupObjects.agent, "o")
      }
    case .disconnect(let device): return make(bus, device, "org.bluez.Device1", "Disconnect") { _ in }
    }
  }

  private static func make(
    _ bus: OpaquePointer, _ path: String, _ interface: String, _ member: String, starts: Bool = false,
    _ fill: (OpaquePointer) -> Void
  ) -> OpaquePointer? {
    var message: OpaquePointer?
    guard systemd_bus_message_new_method_call(bus, &message, BluezDaemon.name, path, interface, member) >= 0,
      let message
    else { return nil }
    // Only the first question may start the daemon.
    systemd_bus_message_set_auto_start(message, starts ? 1 : 0)
    fill(message)
    return message
  }

  /// Says that the value of the indicate characteristic changed.
  static func sendValueChanged(_ bus: OpaquePointer, _ value: [UInt8]) {
    var message: OpaquePointer?
    guard
      systemd_bus_message_new_signal(
        bus, &message, SetupObjects.Characteristic.indicate.path, "org.freedesktop.DBus.Properties",
        "PropertiesChanged") >= 0, let message
    else { return }
    append(message, string: "org.bluez.GattCharacteristic1")
    container(message, "a", "{sv}") {
      container(message, "e", "sv") {
        append(message, string: "Value")
        container(message, "v", "ay") { append(message, bytes: value) }
      }
    }
    container(message, "a", "s") {}
    // To bluetoothd alone: what is in it is nobody else's.
    systemd_bus_message_set_destination(message, BluezDaemon.name)
    systemd_bus_send(bus, message, nil)
    systemd_bus_message_unref(message)
  }

  static func append(_ message: OpaquePointer, objects: [BusObject]) {
    container(message, "a", "{oa{sa{sv}}}") {
      for object in objects {
        container(message, "e", "oa{sa{sv}}") {
          append(message, string: object.path, "o")
          container(message, "a", "{sa{sv}}") {
            container(message, "e", "sa{sv}") {
              append(message, string: object.interface)
              append(message, properties: object.properties)
            }
          }
        }
      }
    }
  }

  static func append(_ message: OpaquePointer, properties: [(name: String, value: BusObject.Value)]) {
    container(message, "a", "{sv}") {
      for property in properties {
        container(message, "e", "sv") {
          append(message, string: property.name)
          append(message, variant: property.value)
        }
      }
    }
  }

  static func append(_ message: OpaquePointer, bytes: [UInt8]) {
    _ = bytes.withUnsafeBytes { systemd_bus_message_append_array(message, type("y"), $0.baseAddress, $0.count) }
  }

  private static func append(_ message: OpaquePointer, string: String, _ letter: Unicode.Scalar = "s") {
    _ = string.withCString { systemd_bus_message_append_basic(message, type(letter), $0) }
  }

  private static func append(_ message: OpaquePointer, variant: BusObject.Value) {
    switch variant {
    case .string(let text): container(message, "v", "s") { append(message, string: text) }
    case .path(let path): container(message, "v", "o") { append(message, string: path, "o") }
    case .strings(let all):
      container(message, "v", "as") {
        container(message, "a", "s") { for text in all { append(message, string: text) } }
      }
    case .flag(let flag): container(message, "v", "b") { append(message, "b", Int32(flag ? 1 : 0)) }
    case .number(let number): container(message, "v", "u") { append(message, "u", number) }
    case .numbered(let number, let bytes):
      container(message, "v", "a{qv}") {
        container(message, "a", "{qv}") {
          container(message, "e", "qv") {
            append(message, "q", number)
            container(message, "v", "ay") { append(message, bytes: bytes) }
          }
        }
      }
    }
  }

  private static func append<Number: BitwiseCopyable>(
    _ message: OpaquePointer, _ letter: Unicode.Scalar, _ number: Number
  ) {
    withUnsafePointer(to: number) { _ = systemd_bus_message_append_basic(message, type(letter), $0) }
  }

  private static func container(
    _ message: OpaquePointer, _ letter: Unicode.Scalar, _ contents: String, _ fill: () -> Void
  ) {
    systemd_bus_message_open_container(message, type(letter), contents)
    fill()
    systemd_bus_message_close_container(message)
  }
}
