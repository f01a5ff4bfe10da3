import CSystemd
import ReplenishCore

/// Reading and writing the few kinds of messages there are. A message that has another shape reads as empty.
enum BusMessage {
  static func type(_ letter: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: letter.value) }

  // MARK: Reading

  /// Whether a connection sent it; an empty name has sent nothing.
  static func isFrom(_ name: String, _ message: OpaquePointer) -> Bool {
    guard !name.isEmpty, let sender = systemd_bus_message_get_sender(message) else { return false }
    return String(cString: sender).isExactly(name)
  }

  /// The next value, a string, path or signature.
  static func string(_ message: OpaquePointer, _ letter: Unicode.Scalar = "s") -> String? {
    var text: UnsafePointer<CChar>?
    guard systemd_bus_message_read_basic(message, type(letter), &text) > 0, let text else { return nil }
    return String(cString: text)
  }

  /// The next value, `ay`.
  static func bytes(_ message: OpaquePointer) -> [UInt8]? {
    var start: UnsafeRawPointer?
    var count = 0
    guard systemd_bus_message_read_array(message, type("y"), &start, &count) >= 0 else { return nil }
    return Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }

  /// The next value, `as`.
  static func strings(_ message: OpaquePointer) -> [String] {
    var all: [String] = []
    guard systemd_bus_message_enter_container(message, type("a"), "s") > 0 else { return all }
    while let text = string(message) { all.append(text) }
    systemd_bus_message_exit_container(message)
    return all
  }

  /// The next value, a variant that holds a `b`.
  static func flag(_ message: OpaquePointer) -> Bool? {
    var value: Int32 = 0
    return variant(message, "b", { systemd_bus_message_read_basic(message, type("b"), &value) }) ? value != 0 : nil
  }

  private static func number16(_ message: OpaquePointer) -> UInt16? {
    var value: UInt16 = 0
    return variant(message, "q", { systemd_bus_message_read_basic(message, type("q"), &value) }) ? value : nil
  }

  private static func byte(_ message: OpaquePointer) -> UInt8? {
    var value: UInt8 = 0
    return variant(message, "y", { systemd_bus_message_read_basic(message, type("y"), &value) }) ? value : nil
  }

  private static func text(_ message: OpaquePointer, _ letter: Unicode.Scalar, _ contents: String) -> String? {
    var value: String?
    _ = variant(message, contents) {
      value = string(message, letter)
      return value == nil ? 0 : 1
    }
    return value
  }

  /// Reads a variant of one type; one of another is passed over.
  private static func variant(_ message: OpaquePointer, _ contents: String, _ read: () -> Int32) -> Bool {
    guard systemd_bus_message_enter_container(message, type("v"), contents) > 0 else {
      systemd_bus_message_skip(message, "v")
      return false
    }
    let result = read()
    systemd_bus_message_exit_container(message)
    return result > 0
  }

  /// Reads `a{sv}`: calls `take` with each name; it reads the value and says so, or leaves it.
  static func eachProperty(_ message: OpaquePointer, _ take: (String) -> Bool) {
    guard systemd_bus_message_enter_container(message, type("a"), "{sv}") > 0 else { return }
    while systemd_bus_message_enter_container(message, type("e"), "sv") > 0 {
      guard let name = string(message) else { break }
      if !take(name) { systemd_bus_message_skip(message, "v") }
      systemd_bus_message_exit_container(message)
    }
    systemd_bus_message_exit_container(message)
  }

  /// What a call says of the phone.
  static func options(_ message: OpaquePointer) -> BluezDaemon.Options {
    var options = BluezDaemon.Options()
    eachProperty(message) { name in
      if name.isExactly("device") {
        options.device = text(message, "o", "o") ?? ""
      } else if name.isExactly("mtu") {
        options.mtu = number16(message) ?? 0
      } else if name.isExactly("offset") {
        options.offset = number16(message) ?? 0
      } else {
        return false
      }
      return true
    }
    return options
  }

  /// The adapters in an answer to `GetManagedObjects` (`a{oa{sa{sv}}}`); nil if it is another answer.
  static func adapters(_ message: OpaquePointer) -> [BluezAdapter]? {
    guard systemd_bus_message_enter_container(message, type("a"), "{oa{sa{sv}}}") > 0 else { return nil }
    var adapters: [BluezAdapter] = []
    while systemd_bus_message_enter_container(message, type("e"), "oa{sa{sv}}") > 0 {
      guard let path = string(message, "o"), systemd_bus_message_enter_container(message, type("a"), "{sa{sv}}") > 0
      else {
        break
      }
      var adapter = BluezAdapter(path: path)
      while systemd_bus_message_enter_container(message, type("e"), "sa{sv}") > 0 {
        guard let interface = string(message) else { break }
        read(interface, message, &adapter)
        systemd_bus_message_exit_container(message)
      }
      systemd_bus_message_exit_container(message)
      systemd_bus_message_exit_container(message)
      if adapter.index != nil { adapters.append(adapter) }
    }
    return adapters
  }

  private static func read(_ interface: String, _ message: OpaquePointer, _ adapter: inout BluezAdapter) {
    let isAdapter = interface.isExactly("org.bluez.Adapter1")
    let isAdvertiser = interface.isExactly("org.bluez.LEAdvertisingManager1")
    if interface.isExactly("org.bluez.GattManager1") { adapter.takesServices = true }
    if isAdvertiser { adapter.freeAdvertisements = 0 }
    eachProperty(message) { name in
      if isAdapter, name.isExactly("Powered") {
        adapter.isPowered = flag(message) ?? false
      } else if isAdapter, name.isExactly("Modalias") {
        adapter.modalias = text(message, "s", "s") ?? ""
      } else if isAdvertiser, name.isExactly("SupportedInstances") {
        adapter.freeAdvertisements = byte(message) ?? 0
      } else {
        return false
      }
      return true
    }
  }
}
