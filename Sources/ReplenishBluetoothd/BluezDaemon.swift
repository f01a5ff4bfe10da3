import CSystemd
import ReplenishCore
import ReplenishLinux

/// bluetoothd on the system bus: our connection, what we ask of it, and what comes from it.
///
/// Only what bluetoothd itself sends counts: others on the bus may send signals to anybody.
final class BluezDaemon {
  /// What a call from bluetoothd says of the phone.
  struct Options {
    var device = ""
    var mtu: UInt16 = 0
    var offset: UInt16 = 0
  }

  /// What came.
  enum Event {
    case answered(UInt32, BluetoothdPeripheral.Answer)
    case daemon(Bool)
    case adapterAdded
    case removed(String)
    case powered(String, Bool)
    case deviceGone(String)
    case released
    case read(UInt32, String, Options)
    case write(UInt32, String, [UInt8], Options)
    case acquireNotify(UInt32, String, Options)
    case startNotify(UInt32, String)
    case stopNotify(UInt32)
    case confirmed
    /// The bus is gone.
    case lost
  }

  static var name: String { "org.bluez" }

  /// The objects that bluetoothd may read.
  var objects: () -> [BusObject] = { [] }
  /// Something came.
  var onEvent: (Event) -> Void = { _ in }

  private let loop: EventLoop
  private let descriptor: Int32
  private var timer: LoopTimer?
  private(set) var bus: OpaquePointer?
  private var isProcessing = false
  private var isClosed = false
  /// The unique name of the connection that owns `org.bluez`; empty while nobody is known to.
  var owner = ""
  /// Our calls that have not been answered: the number of each message on the bus, and ours.
  private var asked: [(cookie: UInt64, number: UInt32)] = []
  /// Calls of bluetoothd's that have not been answered.
  var marks: [(mark: UInt32, message: OpaquePointer)] = []
  var lastMark: UInt32 = 0

  /// Connects, without waiting for it.
  init(loop: EventLoop) throws(BearerFault) {
    self.loop = loop
    guard systemd_load() == 0 else {
      throw BearerFault(
        "libsystemd.so.0 cannot be loaded, and the way to bluetoothd needs it; install libsystemd0, or set bearer = kernel and run: systemctl disable --now bluetooth"
      )
    }
    var bus: OpaquePointer?
    let result = systemd_bus_open_system(&bus)
    guard result >= 0, let bus else {
      throw BearerFault(
        "the system bus cannot be reached (\(Errno(-result).text)), and bluetoothd is on it; install dbus, or set bearer = kernel and run: systemctl disable --now bluetooth"
      )
    }
    self.bus = bus
    descriptor = systemd_bus_get_fd(bus)
    do throws(Errno) {
      try loop.add(descriptor, for: .readable) { [unowned(unsafe) self] _ in process() }
    } catch {
      systemd_bus_unref(bus)
      throw BearerFault("the system bus cannot be watched: \(error.text); restart the daemon")
    }
    timer = loop.timer { [unowned(unsafe) self] in process() }
    let context = Unmanaged.passUnretained(self).toOpaque()
    systemd_bus_add_fallback(bus, nil, "/replenishkit", BluezDaemon.onCall, context)
    for rule in BluezDaemon.rules { systemd_bus_add_match_async(bus, nil, rule, BluezDaemon.onSignal, nil, context) }
    watch()
  }

  private static var rules: [String] {
    [
      "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'",
      "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.ObjectManager'",
      "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.Properties',arg0='org.bluez.Adapter1'",
      "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.Properties',arg0='org.bluez.Device1'",
    ]
  }

  /// Leaves the bus, once what was said has left as far as there is room for it.
  func close() {
    isClosed = true
    guard !isProcessing, let bus else { return }
    self.bus = nil
    timer?.cancel()
    loop.remove(descriptor)
    for mark in marks { systemd_bus_message_unref(mark.message) }
    marks = []
    systemd_bus_flush_close_unref(bus)
  }

  // MARK: Calls of ours

  /// Calls bluetoothd.
  func call(_ number: UInt32, _ call: BluetoothdPeripheral.Call) {
    guard let bus else { return }
    let context = Unmanaged.passUnretained(self).toOpaque()
    var cookie: UInt64 = 0
    guard let message = BusMessage.make(bus, call) else { return onEvent(.answered(number, BluezDaemon.nobody)) }
    defer { systemd_bus_message_unref(message) }
    guard systemd_bus_call_async(bus, nil, message, BluezDaemon.onAnswer, context, 0) >= 0,
      systemd_bus_message_get_cookie(message, &cookie) >= 0
    else { return onEvent(.answered(number, BluezDaemon.nobody)) }
    asked.append((cookie, number))
    watch()
  }

  private static var nobody: BluetoothdPeripheral.Answer {
    .refused(name: "org.freedesktop.DBus.Error.Disconnected", text: "the bus takes no calls")
  }

  func answered(_ message: OpaquePointer) {
    var cookie: UInt64 = 0
    guard systemd_bus_message_get_reply_cookie(message, &cookie) >= 0,
      let index = asked.firstIndex(where: { $0.cookie == cookie })
    else { return }
    let number = asked.remove(at: index).number
    if let error = systemd_bus_message_get_error(message) {
      let name = error.pointee.name.map { String(cString: $0) } ?? ""
      let text = error.pointee.message.map { String(cString: $0) } ?? ""
      return onEvent(.answered(number, .refused(name: name, text: text)))
    }
    // Whoever answers calls to the name owns it.
    if let sender = systemd_bus_message_get_sender(message) { owner = String(cString: sender) }
    let adapters = BusMessage.adapters(message)
    onEvent(.answered(number, adapters.map { .adapters($0) } ?? .done))
  }

  // MARK: The loop

  private func process() {
    guard let bus, !isProcessing else { return }
    isProcessing = true
    // What is handled may let go of us.
    withExtendedLifetime(self) {
      var result: Int32 = 1
      // Not for ever: what is left keeps the descriptor readable, or a timer due.
      for _ in 0..<64 where result > 0 && !isClosed { result = systemd_bus_process(bus, nil) }
      if result < 0, !isClosed {
        isClosed = true
        onEvent(.lost)
      }
      isProcessing = false
      if isClosed { close() } else { watch() }
    }
  }

  /// Has the loop wait for what the bus waits for.
  func watch() {
    guard let bus, !isProcessing, !isClosed else { return }
    let events = systemd_bus_get_events(bus)
    var readiness: Readiness = []
    if events & 1 != 0 { readiness.insert(.readable) }
    if events & 4 != 0 { readiness.insert(.writable) }
    try? loop.change(descriptor, for: readiness)
    var until: UInt64 = 0
    guard systemd_bus_get_timeout(bus, &until) > 0, until != .max else { timer?.cancel(); return }
    let now = systemd_monotonic_microseconds()
    timer?.fire(in: until > now ? (until - now + 999) / 1000 : 0)
  }

  // MARK: Callbacks

  private static let onAnswer: sd_bus_message_handler_t = { message, context, _ in
    guard let message, let context else { return 0 }
    Unmanaged<BluezDaemon>.fromOpaque(context).takeUnretainedValue().answered(message)
    return 1
  }

  private static let onSignal: sd_bus_message_handler_t = { message, context, _ in
    guard let message, let context else { return 0 }
    Unmanaged<BluezDaemon>.fromOpaque(context).takeUnretainedValue().signalled(message)
    return 0
  }

  private static let onCall: sd_bus_message_handler_t = { message, context, _ in
    guard let message, let context else { return 0 }
    return Unmanaged<BluezDaemon>.fromOpaque(context).takeUnretainedValue().called(message)
  }
}
