import CSystemd
import ReplenishCore

/// Signals and calls from bluetoothd, and the answers to these.
extension BluezDaemon {
  func signalled(_ message: OpaquePointer) {
    if systemd_bus_message_is_signal(message, "org.freedesktop.DBus", "NameOwnerChanged") > 0 {
      guard BusMessage.isFrom("org.freedesktop.DBus", message),
        BusMessage.string(message)?.isExactly(BluezDaemon.name) == true,
        BusMessage.string(message) != nil, let newOwner = BusMessage.string(message)
      else { return }
      let hadOwner = !owner.isEmpty
      owner = newOwner
      // One may follow the other at once, and nothing that the first knew holds any more.
      if hadOwner || newOwner.isEmpty { onEvent(.daemon(false)) }
      if !newOwner.isEmpty { onEvent(.daemon(true)) }
      return
    }
    guard BusMessage.isFrom(owner, message) else { return }
    if systemd_bus_message_is_signal(message, nil, "InterfacesAdded") > 0 {
      guard let path = BusMessage.string(message, "o"), BluezAdapter(path: path).index != nil else { return }
      onEvent(.adapterAdded)
    } else if systemd_bus_message_is_signal(message, nil, "InterfacesRemoved") > 0 {
      guard let path = BusMessage.string(message, "o") else { return }
      let gone = BusMessage.strings(message)
      if gone.contains(where: { $0.isExactly("org.bluez.Adapter1") || $0.isExactly("org.bluez.Device1") }) {
        onEvent(.removed(path))
      }
    } else if systemd_bus_message_is_signal(message, nil, "PropertiesChanged") > 0 {
      guard let path = systemd_bus_message_get_path(message), let interface = BusMessage.string(message) else { return }
      let place = String(cString: path)
      let isDevice = interface.isExactly("org.bluez.Device1")
      BusMessage.eachProperty(message) { name in
        guard name.isExactly(isDevice ? "Connected" : "Powered"), let value = BusMessage.flag(message) else {
          return false
        }
        if !isDevice { onEvent(.powered(place, value)) } else if !value { onEvent(.deviceGone(place)) }
        return true
      }
    }
  }

  /// A call to one of our objects: 1 where it is answered or will be, 0 where the library answers that there is no such
  /// thing.
  func called(_ message: OpaquePointer) -> Int32 {
    guard let path = systemd_bus_message_get_path(message).map({ String(cString: $0) }) else { return 0 }
    guard BusMessage.isFrom(owner, message) else {
      answerError(message, "org.freedesktop.DBus.Error.AccessDenied", "only bluetoothd may call this")
      return 1
    }
    if systemd_bus_message_is_method_call(message, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects") > 0 {
      reply(message) { BusMessage.append($0, objects: objects().filter { $0.path.utf8.starts(with: path.utf8) }) }
    } else if systemd_bus_message_is_method_call(message, "org.freedesktop.DBus.Properties", "GetAll") > 0 {
      let interface = BusMessage.string(message) ?? ""
      let object = objects().first { $0.path.isExactly(path) && $0.interface.isExactly(interface) }
      reply(message) { BusMessage.append($0, properties: object?.properties ?? []) }
    } else if systemd_bus_message_is_method_call(message, "org.bluez.LEAdvertisement1", "Release") > 0 {
      reply(message) { _ in }
      onEvent(.released)
    } else if path.isExactly(SetupObjects.agent) {
      return calledAsAgent(message)
    } else {
      return calledByPhone(message, path)
    }
    return 1
  }

  /// A phone pairs, and there is nothing on the device to compare or type in. What wants more than that is refused by the
  /// library: there is no such method.
  private func calledAsAgent(_ message: OpaquePointer) -> Int32 {
    for member in ["RequestAuthorization", "Cancel", "Release"]
    where systemd_bus_message_is_method_call(message, "org.bluez.Agent1", member) > 0 {
      reply(message) { _ in }
      return 1
    }
    return 0
  }

  /// What bluetoothd passes on from a phone.
  private func calledByPhone(_ message: OpaquePointer, _ path: String) -> Int32 {
    func isCall(_ member: String) -> Bool {
      systemd_bus_message_is_method_call(message, "org.bluez.GattCharacteristic1", member) > 0
    }
    if isCall("ReadValue") {
      let options = BusMessage.options(message)
      onEvent(.read(mark(message), path, options))
    } else if isCall("WriteValue") {
      guard let value = BusMessage.bytes(message) else { return 0 }
      let options = BusMessage.options(message)
      onEvent(.write(mark(message), path, value, options))
    } else if isCall("AcquireNotify") {
      let options = BusMessage.options(message)
      onEvent(.acquireNotify(mark(message), path, options))
    } else if isCall("StartNotify") {
      onEvent(.startNotify(mark(message), path))
    } else if isCall("StopNotify") {
      onEvent(.stopNotify(mark(message)))
    } else if isCall("Confirm") {
      reply(message) { _ in }
      onEvent(.confirmed)
    } else {
      return 0
    }
    return 1
  }

  // MARK: Answers

  func accept(_ mark: UInt32) { finish(mark) { _ in } }

  func answer(_ mark: UInt32, _ value: [UInt8]) { finish(mark) { BusMessage.append($0, bytes: value) } }

  func answer(_ mark: UInt32, descriptor: Int32, mtu: UInt16) {
    finish(mark) { message in
      withUnsafePointer(to: descriptor) { _ = systemd_bus_message_append_basic(message, BusMessage.type("h"), $0) }
      withUnsafePointer(to: mtu) { _ = systemd_bus_message_append_basic(message, BusMessage.type("q"), $0) }
    }
  }

  func refuse(_ mark: UInt32, _ refusal: BluetoothdPeripheral.Refusal) {
    guard let index = marks.firstIndex(where: { $0.mark == mark }) else { return }
    let message = marks.remove(at: index).message
    answerError(message, refusal.rawValue, "")
    systemd_bus_message_unref(message)
    watch()
  }

  /// Tells those who subscribed.
  func valueChanged(_ value: [UInt8]) {
    guard let bus else { return }
    BusMessage.sendValueChanged(bus, value)
    watch()
  }

  /// Keeps a call that is answered later.
  private func mark(_ message: OpaquePointer) -> UInt32 {
    lastMark &+= 1
    systemd_bus_message_ref(message)
    marks.append((lastMark, message))
    return lastMark
  }

  private func finish(_ mark: UInt32, _ fill: (OpaquePointer) -> Void) {
    guard let index = marks.firstIndex(where: { $0.mark == mark }) else { return }
    let message = marks.remove(at: index).message
    reply(message, fill)
    systemd_bus_message_unref(message)
    watch()
  }

  private func reply(_ call: OpaquePointer, _ fill: (OpaquePointer) -> Void) {
    guard let bus, systemd_bus_message_get_expect_reply(call) > 0 else { return }
    var answer: OpaquePointer?
    guard systemd_bus_message_new_method_return(call, &answer) >= 0, let answer else { return }
    fill(answer)
    systemd_bus_send(bus, answer, nil)
    systemd_bus_message_unref(answer)
  }

  private func answerError(_ call: OpaquePointer, _ name: String, _ text: String) {
    name.withCString { name in
      text.withCString { text in
        var error = sd_bus_error(name: name, message: text, _need_free: 0)
        systemd_bus_reply_method_error(call, &error)
      }
    }
  }
}
