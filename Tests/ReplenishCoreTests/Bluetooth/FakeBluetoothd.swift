import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// bluetoothd, one device behind it, and phones before it; what was asked of it and what happened, in order.
final class FakeBluetoothd {
  struct Adapter {
    var isPowered = true
    var takesServices = true
    var free: UInt8? = 5
    var hasApplication = false
    var hasAdvertisement = false
  }

  /// A phone's end: its ATT and GATT are the real ones, with bluetoothd's server between.
  final class Phone {
    let path: String
    var session: PhoneSession
    var server = ATTServer(database: SetupService.database(name: "BlueZ"))
    var confirms = true
    var said: [String] = []
    /// What it was sent and has not read, and what it has said and was not heard.
    fileprivate var incoming: [[UInt8]] = []
    fileprivate var outgoing: [[UInt8]] = []

    init(_ path: String, code: String, mtu: Int) throws {
      self.path = path
      session = PhoneSession(
        code: try SetupLink.setupCode(code), expectedModel: nil, maximumMTU: mtu, random: SeededRandom(7))
    }

    func take(_ outputs: [PhoneSessionOutput]) {
      for output in outputs {
        switch output {
        case .transmit(let packet): if confirms || packet != [0x1E] { outgoing.append(packet) }
        case .proved: said.append("proved")
        case .message(.parameters): said.append("parameters")
        case .message: said.append("message")
        case .refused(let fault): said.append("refused \(fault)")
        case .ended(let fault): said.append("ended \(fault)")
        }
      }
    }
  }

  var peripheral: BluetoothdPeripheral
  var adapters: [String: Adapter] = ["/org/bluez/hci0": Adapter()]
  var isRunning = true
  var hasAgent = false
  /// 5.82; nil for none.
  var modalias: String? = "usb:v1D6Bp0246d0552"
  /// Errors for the next calls of a kind: `registerApplication` for instance.
  var refusals: [String: [(name: String, text: String)]] = [:]
  /// Calls that get no answer for now.
  var holds: Set<String> = []
  var calls: [String] = []
  var happened: [String] = []
  var patience: UInt64?
  var isNotifyOpen = false

  private var steps: [BluetoothdPeripheral.Step] = []
  private var isPerforming = false
  private var held: [(UInt32, BluetoothdPeripheral.Call)] = []
  private var device: PhoneConnection?
  private var phones: [Phone] = []
  private var marks: [UInt32: (Phone, isRead: Bool, handle: UInt16)] = [:]
  private var lastMark: UInt32 = 0
  private var notified: Phone?
  private(set) var subscribers: [Phone] = []

  init(adapter: UInt16? = nil, requiresEncryption: Bool = false) throws {
    let advertisement = SetupAdvertisement(shortID: try #require(ShortID([1, 2, 3])), name: "Kettle")
    peripheral = BluetoothdPeripheral(
      adapter: adapter, advertisement: advertisement, requiresEncryption: requiresEncryption)
  }

  // MARK: What the bearer does

  func open() { perform(peripheral.open()) }
  func close() { perform(peripheral.close()) }
  func elapse() {
    patience = nil
    perform(peripheral.elapsed())
  }

  func perform(_ more: [BluetoothdPeripheral.Step]) {
    steps += more
    guard !isPerforming else { return }
    isPerforming = true
    while !steps.isEmpty { perform(steps.removeFirst()) }
    isPerforming = false
  }

  private func perform(_ step: BluetoothdPeripheral.Step) {
    switch step {
    case .call(let number, let call): take(number, call)
    case .accept(let mark): answer(mark, nil)
    case .value(let mark, let value): answer(mark, value)
    case .refuse(let mark, let refusal):
      guard let (phone, _, handle) = marks.removeValue(forKey: mark) else { break }
      phone.incoming.append([0x01, 0x12, UInt8(handle & 0xFF), 0, refusal == .improperlyConfigured ? 0xFD : 0x03])
    case .openNotify(let mark, _):
      notified = marks.removeValue(forKey: mark)?.0
      isNotifyOpen = true
    case .notify(let value): if let notified { indicate(notified, value) }
    case .closeNotify:
      isNotifyOpen = false
      notified = nil
    case .valueChanged(let value): for phone in subscribers { indicate(phone, value) }
    case .connected:
      happened.append("connected")
      device = try? PhoneConnection(
        credential: SetupLink.credential(), model: SetupLink.model, random: SeededRandom(3))
    case .packet(let packet): feed(packet)
    case .disconnected:
      happened.append("gone")
      device = nil
    case .wait(let milliseconds): patience = milliseconds
    case .stopWaiting: patience = nil
    case .failed(let text): happened.append("failed: \(text)")
    case .finished: happened.append("finished")
    }
  }

  private func feed(_ packet: [UInt8]) {
    guard var device else { return }
    let outputs = device.receive(packet: packet)
    self.device = device
    take(outputs)
  }

  private func take(_ outputs: [PhoneOutput]) {
    for output in outputs {
      switch output {
      case .transmit(let packet): perform(peripheral.receive(att: packet))
      case .countAttempt:
        guard var device else { break }
        let more = device.attemptCounted()
        self.device = device
        take(more)
      case .proved:
        happened.append("proved")
        guard var device else { break }
        let more = device.send(.parameters(SetupLink.parameters))
        self.device = device
        take(more)
      case .message: break
      case .close: perform(peripheral.disconnect())
      }
    }
  }

  // MARK: The daemon

  private static func describe(_ call: BluetoothdPeripheral.Call) -> (kind: String, path: String) {
    switch call {
    case .findAdapters: ("findAdapters", "")
    case .setPowered(let adapter, let isOn): (isOn ? "powerOn" : "powerOff", adapter)
    case .registerApplication(let adapter): ("registerApplication", adapter)
    case .unregisterApplication(let adapter): ("unregisterApplication", adapter)
    case .registerAdvertisement(let adapter): ("registerAdvertisement", adapter)
    case .unregisterAdvertisement(let adapter): ("unregisterAdvertisement", adapter)
    case .disconnect(let device): ("disconnect", device)
    case .registerAgent: ("registerAgent", "")
    case .unregisterAgent: ("unregisterAgent", "")
    }
  }

  private func take(_ number: UInt32, _ call: BluetoothdPeripheral.Call) {
    let (kind, _) = Self.describe(call)
    calls.append(kind)
    if holds.contains(kind) { return held.append((number, call)) }
    answer(number, call)
  }

  /// Answers what was held back.
  func release() {
    holds = []
    let waiting = held
    held = []
    for (number, call) in waiting { answer(number, call) }
  }

  private func refuse(_ number: UInt32, _ name: String, _ text: String = "") {
    perform(peripheral.answered(number, .refused(name: name, text: text)))
  }

  private func answer(_ number: UInt32, _ call: BluetoothdPeripheral.Call) {
    let (kind, path) = Self.describe(call)
    guard isRunning else { return refuse(number, "org.freedesktop.DBus.Error.ServiceUnknown") }
    if let refusal = refusals[kind]?.first {
      refusals[kind]?.removeFirst()
      return refuse(number, refusal.name, refusal.text)
    }
    if case .findAdapters = call { return perform(peripheral.answered(number, .adapters(list))) }
    if case .disconnect = call {
      hangUp(path)
      return perform(peripheral.answered(number, .done))
    }
    switch call {
    case .registerAgent where hasAgent: return refuse(number, "org.bluez.Error.AlreadyExists")
    case .registerAgent, .unregisterAgent:
      hasAgent = call == .registerAgent
      return perform(peripheral.answered(number, .done))
    default: break
    }
    guard var adapter = adapters[path] else { return refuse(number, "org.freedesktop.DBus.Error.UnknownObject") }
    switch call {
    case .setPowered(_, let isOn): adapter.isPowered = isOn
    case .registerApplication:
      guard !adapter.hasApplication else { return refuse(number, "org.bluez.Error.AlreadyExists") }
      adapter.hasApplication = true
    case .unregisterApplication:
      guard adapter.hasApplication else { return refuse(number, "org.bluez.Error.DoesNotExist") }
      adapter.hasApplication = false
    case .registerAdvertisement:
      guard !adapter.hasAdvertisement else { return refuse(number, "org.bluez.Error.AlreadyExists") }
      guard adapter.isPowered else { return refuse(number, "org.bluez.Error.NotReady") }
      adapter.hasAdvertisement = true
    case .unregisterAdvertisement:
      guard adapter.hasAdvertisement else { return refuse(number, "org.bluez.Error.DoesNotExist") }
      adapter.hasAdvertisement = false
    default: break
    }
    adapters[path] = adapter
    perform(peripheral.answered(number, .done))
  }

  private var list: [BluezAdapter] {
    // A device beside the adapters, as bluetoothd has them, and no order.
    [BluezAdapter(path: "/org/bluez/hci0/dev_00")]
      + adapters.map { path, adapter in
        var one = BluezAdapter(path: path)
        one.isPowered = adapter.isPowered
        one.takesServices = adapter.takesServices
        one.freeAdvertisements = adapter.free
        one.modalias = modalias ?? ""
        return one
      }
  }

  /// The daemon ends without a word. Its adapters are as they were, and what was registered is forgotten.
  func kill() {
    isRunning = false
    hasAgent = false
    held = []
    for path in adapters.keys {
      adapters[path]?.hasApplication = false
      adapters[path]?.hasAdvertisement = false
    }
    phones = []
    subscribers = []
    notified = nil
    perform(peripheral.daemonChanged(isThere: false))
  }

  func start() {
    isRunning = true
    perform(peripheral.daemonChanged(isThere: true))
  }

  func unplug(_ path: String = "/org/bluez/hci0") {
    adapters[path] = nil
    perform(peripheral.advertisementReleased())
    perform(peripheral.removed(path))
  }

  func plug(_ path: String = "/org/bluez/hci0", _ adapter: Adapter = Adapter()) {
    adapters[path] = adapter
    perform(peripheral.adapterAdded())
  }

  func powerOff(_ path: String = "/org/bluez/hci0") {
    adapters[path]?.isPowered = false
    adapters[path]?.hasAdvertisement = false
    perform(peripheral.powered(path, false))
  }

  // MARK: Phones

  func phone(_ name: String = "AA", code: String = SetupLink.code, mtu: Int = 247) throws -> Phone {
    let phone = try Phone("/org/bluez/hci0/dev_\(name)", code: code, mtu: mtu)
    phones.append(phone)
    return phone
  }

  /// A phone that says what it wants to say, until nobody says anything any more.
  func run(_ phone: Phone) {
    phone.take(phone.session.start())
    settle()
  }

  func settle() {
    var isBusy = true
    while isBusy {
      isBusy = false
      for phone in phones {
        while !phone.outgoing.isEmpty, isConnected(phone) {
          isBusy = true
          pass(phone, phone.outgoing.removeFirst())
        }
        while !phone.incoming.isEmpty {
          isBusy = true
          phone.take(phone.session.receive(packet: phone.incoming.removeFirst()))
        }
      }
    }
  }

  func isConnected(_ phone: Phone) -> Bool { phones.contains { $0 === phone } }

  /// A phone writes or reads by itself; what it is answered.
  func ask(_ phone: Phone, _ packet: [UInt8]) -> [UInt8]? {
    pass(phone, packet)
    return phone.incoming.popLast()
  }

  /// A phone confirms after all, and goes on.
  func confirm(_ phone: Phone) {
    pass(phone, [0x1E])
    settle()
  }

  func hangUp(_ path: String) {
    let gone = phones.filter { $0.path == path }
    guard !gone.isEmpty else { return }
    phones.removeAll { $0.path == path }
    subscribers.removeAll { $0.path == path }
    if notified?.path == path { perform(peripheral.notifyClosed()) }
    perform(peripheral.deviceGone(path))
  }

  private func indicate(_ phone: Phone, _ value: [UInt8]) {
    guard let packet = phone.server.indicate(SetupService.Handle.indicateValue, value) else {
      return happened.append("an indication that bluetoothd would have to keep")
    }
    phone.incoming.append(packet)
  }

  private func mark(_ phone: Phone, isRead: Bool, _ handle: UInt16) -> UInt32 {
    lastMark += 1
    marks[lastMark] = (phone, isRead, handle)
    return lastMark
  }

  private func answer(_ mark: UInt32, _ value: [UInt8]?) {
    guard let (phone, isRead, _) = marks.removeValue(forKey: mark) else { return }
    phone.incoming.append(isRead ? [0x0B] + (value ?? []) : [0x13])
  }

  /// A packet from a phone, by bluetoothd's own server where it is not about our values.
  private func pass(_ phone: Phone, _ packet: [UInt8]) {
    let handle = packet.count >= 3 ? UInt16(packet[1]) : 0
    let mtu = UInt16(phone.server.mtu)
    if packet[0] == 0x12, handle == SetupService.Handle.writeValue {
      return perform(
        peripheral.write(
          mark(phone, isRead: false, handle), SetupObjects.Characteristic.write.path, device: phone.path,
          value: Array(packet[3...]), offset: 0, mtu: mtu))
    }
    if packet[0] == 0x0A, handle == SetupService.Handle.infoValue {
      return perform(
        peripheral.read(
          mark(phone, isRead: true, handle), SetupObjects.Characteristic.info.path, device: phone.path, offset: 0))
    }
    for event in phone.server.receive(packet) {
      switch event {
      case .transmit(let packet): phone.incoming.append(packet)
      case .configured(_, let isOn): configured(phone, isOn, mtu)
      case .confirmed: perform(peripheral.confirmed())
      case .wrote: break
      }
    }
  }

  /// As bluetoothd does, by whether the property NotifyAcquired is there.
  private func configured(_ phone: Phone, _ isOn: Bool, _ mtu: UInt16) {
    let path = SetupObjects.Characteristic.indicate.path
    let acquires = peripheral.objects.contains { $0.properties.contains { $0.name == "NotifyAcquired" } }
    lastMark += 1
    if isOn, acquires {
      marks[lastMark] = (phone, false, 0)
      perform(peripheral.acquireNotify(lastMark, path, device: phone.path, mtu: mtu))
    } else if isOn {
      subscribers.append(phone)
      perform(peripheral.startNotify(lastMark, path))
    } else if acquires {
      perform(peripheral.notifyClosed())
    } else {
      subscribers.removeAll { $0 === phone }
      if subscribers.isEmpty { perform(peripheral.stopNotify(lastMark)) }
    }
  }
}
