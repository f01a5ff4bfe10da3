@testable import ReplenishCore

/// bluetoothd: answers, signals and calls with values of any kind and in any order, while windows open and close and phones come
/// and go. libsystemd takes the messages apart, and gives what is made up here: it is the layer above that is tried, with
/// the device's own GATT behind it.
enum BluetoothdTarget {
  /// What the steps make of the bus, and of the device.
  private struct Board {
    var peripheral: BluetoothdPeripheral
    var device: PhoneConnection?
    var isOnBus = false
    var hasNotify = false
    var hasFailed = false
    /// Our calls that were not answered, and bluetoothd's.
    var asked: [UInt32] = []
    var marks: [UInt32] = []
    var lastMark: UInt32 = 0
    private var steps: [BluetoothdPeripheral.Step] = []

    init(_ peripheral: BluetoothdPeripheral) { self.peripheral = peripheral }

    mutating func open() throws(Violation) {
      isOnBus = true
      hasFailed = false
      try take(peripheral.open())
    }

    /// A call of bluetoothd's.
    mutating func mark() -> UInt32 {
      lastMark &+= 1
      marks.append(lastMark)
      return lastMark
    }

    private mutating func answer(_ mark: UInt32) throws(Violation) {
      guard let place = marks.firstIndex(of: mark) else { throw Violation(description: "a call gets one answer") }
      marks.remove(at: place)
    }

    /// As the bearer does: in order, and what performing leads to comes last.
    mutating func take(_ more: [BluetoothdPeripheral.Step]) throws(Violation) {
      steps = more
      var count = 0
      while !steps.isEmpty {
        count += 1
        try Violation.unless(count <= 4096, "one thing that happens leads to few steps")
        try perform(steps.removeFirst())
      }
      try Violation.unless(!peripheral.isAdvertising || isOnBus, "who advertises is on the bus")
      try Violation.unless(peripheral.hasPhone == (device != nil), "the device knows whether a phone is there")
      try Violation.unless(device != nil || marks.isEmpty, "no call of a phone that is gone waits for an answer")
    }

    private mutating func perform(_ step: BluetoothdPeripheral.Step) throws(Violation) {
      switch step {
      case .call(let number, _):
        try Violation.unless(isOnBus, "nothing is asked after the end")
        asked.append(number)
      case .accept(let mark), .value(let mark, _), .refuse(let mark, _): try answer(mark)
      case .openNotify(let mark, let mtu):
        try answer(mark)
        try Violation.unless(!hasNotify, "one descriptor at a time")
        try Violation.unless(Int(mtu) >= ATT.minimumMTU, "an MTU is one")
        hasNotify = true
      case .notify(let value):
        try Violation.unless(hasNotify, "an indication has where to go")
        try Violation.unless(value.count <= ATT.maximumValue, "a value is no longer than an attribute")
      case .closeNotify: hasNotify = false
      case .valueChanged(let value):
        try Violation.unless(value.count <= ATT.maximumValue, "a value is no longer than an attribute")
      case .connected:
        try Violation.unless(device == nil, "one phone at a time")
        device = PhoneConnection(
          credential: SetupParties.credential, model: SetupParties.model, random: FixedRandom(1))
      case .packet(let packet):
        // A packet for a phone that has just been lost goes nowhere.
        guard let outputs = device?.receive(packet: packet) else { break }
        try pass(outputs)
      case .disconnected:
        try Violation.unless(device != nil, "a phone goes once")
        device = nil
      case .wait, .stopWaiting: break
      case .failed(let text):
        try Violation.unless(!hasFailed, "it fails once")
        try Violation.unless(!text.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a fault is one line")
        hasFailed = true
      case .finished:
        try Violation.unless(!hasNotify && device == nil, "nothing is held at the end")
        isOnBus = false
        asked = []
        marks = []
        hasFailed = false
      }
    }

    private mutating func pass(_ outputs: [PhoneOutput]) throws(Violation) {
      for output in outputs {
        switch output {
        case .transmit(let packet): steps += peripheral.receive(att: packet)
        case .countAttempt: if let more = device?.attemptCounted() { try pass(more) }
        case .proved, .message: break
        case .close: steps += peripheral.disconnect()
        }
      }
    }
  }

  private static let paths = [
    "/org/bluez/hci0", "/org/bluez/hci1", "/org/bluez/hci0/dev_AA", "/org/bluez/hci0/dev_BB", "",
    SetupObjects.Characteristic.info.path, SetupObjects.Characteristic.write.path,
    SetupObjects.Characteristic.indicate.path,
  ]
  private static let errors = [
    "org.bluez.Error.AlreadyExists", "org.bluez.Error.Failed", "org.bluez.Error.NotReady",
    "org.freedesktop.DBus.Error.UnknownObject", "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.NoReply",
  ]

  private static func path(_ bytes: inout InputBytes) -> String {
    let number = bytes.number(below: paths.count + 1)
    return number < paths.count ? paths[number] : text(&bytes)
  }

  private static func text(_ bytes: inout InputBytes) -> String { String(decoding: bytes.chunk(), as: UTF8.self) }

  private static func answer(_ bytes: inout InputBytes) -> BluetoothdPeripheral.Answer {
    switch bytes.number(below: 3) {
    case 0: return .done
    case 1:
      var adapters: [BluezAdapter] = []
      for _ in 0..<bytes.number(below: 4) {
        var adapter = BluezAdapter(path: path(&bytes))
        let has = bytes.byte()
        adapter.isPowered = has & 1 != 0
        adapter.takesServices = has & 2 != 0
        adapter.freeAdvertisements = has & 4 != 0 ? has >> 4 : nil
        adapter.modalias = has & 8 != 0 ? "usb:v1D6Bp0246d0552" : text(&bytes)
        adapters.append(adapter)
      }
      return .adapters(adapters)
    default:
      let number = bytes.number(below: errors.count + 1)
      return .refused(name: number < errors.count ? errors[number] : text(&bytes), text: text(&bytes))
    }
  }

  static func run(_ bytes: inout InputBytes) throws(Violation) {
    guard let shortID = ShortID([1, 2, 3]) else { return }
    let choices = bytes.byte()
    var board = Board(
      BluetoothdPeripheral(
        adapter: choices & 1 == 0 ? nil : 1, advertisement: SetupAdvertisement(shortID: shortID, name: "Kettle"),
        requiresEncryption: choices & 2 != 0))
    try board.open()
    for _ in 0..<256 where !bytes.isAtEnd {
      let kind = bytes.number(below: 18)
      // Off the bus nothing comes but a new window.
      guard board.isOnBus else {
        try board.open()
        continue
      }
      try happen(kind, &board, &bytes)
    }
    try board.take(board.peripheral.end())
  }

  private static func happen(_ kind: Int, _ board: inout Board, _ bytes: inout InputBytes) throws(Violation) {
    switch kind {
    case 0:  // the answer to one of our calls, or to none
      let place = bytes.number(below: board.asked.count + 1)
      let number = place < board.asked.count ? board.asked.remove(at: place) : UInt32(bytes.byte())
      try board.take(board.peripheral.answered(number, answer(&bytes)))
    case 1: try board.take(board.peripheral.daemonChanged(isThere: bytes.number(below: 2) == 1))
    case 2: try board.take(board.peripheral.adapterAdded())
    case 3: try board.take(board.peripheral.removed(path(&bytes)))
    case 4: try board.take(board.peripheral.powered(path(&bytes), bytes.number(below: 2) == 1))
    case 5: try board.take(board.peripheral.deviceGone(path(&bytes)))
    case 6: try board.take(board.peripheral.advertisementReleased())
    case 7:
      let mark = board.mark()
      try board.take(board.peripheral.read(mark, path(&bytes), device: path(&bytes), offset: bytes.word()))
    case 8:
      let (mark, path, device) = (board.mark(), path(&bytes), path(&bytes))
      let value = bytes.chunk()
      try board.take(
        board.peripheral.write(mark, path, device: device, value: value, offset: bytes.word(), mtu: bytes.word()))
    case 9:
      let mark = board.mark()
      try board.take(board.peripheral.acquireNotify(mark, path(&bytes), device: path(&bytes), mtu: bytes.word()))
    case 10: try board.take(board.peripheral.startNotify(board.mark(), path(&bytes)))
    case 11: try board.take(board.peripheral.stopNotify(board.mark()))
    case 12: try board.take(board.peripheral.confirmed())
    case 13: try board.take(board.peripheral.notifyClosed())
    case 14: try board.take(board.peripheral.elapsed())
    case 15: try board.take(board.peripheral.close())
    case 16: try board.open()
    default:  // the bus is gone
      try board.take(board.peripheral.daemonChanged(isThere: false))
      try board.take(board.peripheral.fail("the system bus ended the connection"))
    }
  }
}
