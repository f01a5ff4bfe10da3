@testable import ReplenishCore

/// A device, its disk, its network and its phone, where everything may happen at any time; with what the device promises
/// whatever happens.
struct DeviceLife {
  private var device: Device
  private let random = SeededRandom(7)
  private(set) var moment: Moment
  private let boot: BootIdentity
  private var disk: [RecordKind: Secret]
  private let isFallback: Bool
  private var stores: [(RecordKind, Secret?)] = []
  private var requests: [(RequestID, HTTPRequest)] = []
  private var open: Set<UInt64> = []
  private var commands: UInt64 = 0
  private var isStore = false
  private var windowIsOpen = false
  private var phoneIsConnected = false
  private var phone: PhoneSession?
  private var toPhone: [[UInt8]] = []
  private var fromPhone: [[UInt8]] = []

  static var configuration: DeviceConfiguration {
    var configuration = DeviceConfiguration(
      slots: [.init(name: "coffee"), .init(name: "filter", slotID: "water-filter")], lwa: .northAmerica,
      dash: .northAmerica)
    configuration.refreshesAhead = true
    return configuration
  }
  private static let identity: DeviceIdentity = SetupParties.made {
    DeviceIdentity(model: try ModelID(SetupParties.model), serial: try SerialNumber("SN0001"), serialSource: "test")
  }

  init(records: [RecordKind: Secret] = [:], isFallback: Bool = false, moment: Moment, boot: [UInt8] = [1]) {
    disk = records
    self.isFallback = isFallback
    self.moment = moment
    self.boot = BootIdentity(boot)
    device = Device(
      DeviceLife.configuration, identity: DeviceLife.identity, credential: SetupParties.credential, random: random)
  }

  /// Starts the device from what is on the disk.
  mutating func start() throws(Violation) {
    let disk = disk
    let isFallback = isFallback
    try give(
      .start(
        RecordFindings { kind in
          guard let record = disk[kind] else { return .absent }
          return isFallback ? .previous(record) : .whole(record)
        }, boot))
  }

  /// The power goes and comes back: what was not durable is gone, and who waited for an answer waits in vain.
  mutating func restart() throws(Violation) {
    var next = DeviceLife(
      records: disk, moment: Moment(uptime: 5_000, clock: moment.clock), boot: [UInt8(commands & 7)])
    next.commands = commands
    self = next
    try start()
  }

  /// The oldest store ends.
  mutating func store(isDurable: Bool) throws(Violation) {
    guard !stores.isEmpty else { return }
    let (kind, contents) = stores.removeFirst()
    if isDurable { disk[kind] = contents }
    try give(.stored(kind, isDurable ? .durable : .failed("no space left on the device; free some")))
  }

  /// An open request is answered with one of the usual answers.
  mutating func answer(_ index: Int, canned: Int) throws(Violation) {
    try answer(index, CannedAnswer.outcome(canned))
  }

  /// An open request ends.
  mutating func answer(_ index: Int, _ outcome: HTTPOutcome) throws(Violation) {
    guard !requests.isEmpty else { return }
    let (id, _) = requests.remove(at: index % requests.count)
    try give(.answer(id, outcome))
  }

  /// Time passes until the device wants to be woken; not at all if it wants nothing.
  mutating func wake() throws(Violation) {
    guard let deadline = device.deadline else { return }
    if deadline > moment.uptime { pass(deadline - moment.uptime) }
    try give(.wake)
    // What was due has been done, or waits for the disk or the network: being woken again at once would never end.
    for _ in 0..<16 where (device.deadline ?? .max) <= moment.uptime { try give(.wake) }
    try Violation.unless((device.deadline ?? .max) > moment.uptime, "a device that was woken sleeps again")
  }

  /// Time passes, in milliseconds.
  mutating func pass(_ milliseconds: UInt64) {
    moment.uptime += milliseconds
    moment.clock = moment.clock.addingReportingOverflow(Int64(milliseconds / 1000)).partialValue
  }

  /// Somebody sets the board's clock.
  mutating func set(clock: Int64) { moment.clock = clock }

  mutating func command(_ command: Command) throws(Violation) {
    commands += 1
    open.insert(commands)
    try give(.command(CommandID(commands), command))
  }

  mutating func button(_ slot: Int, isDown: Bool) throws(Violation) { try give(.button(slot: slot, isDown: isDown)) }

  mutating func connectPhone(knowsCode: Bool) throws(Violation) {
    guard windowIsOpen, !phoneIsConnected else { return }
    phoneIsConnected = true
    toPhone = []
    fromPhone = []
    phone = nil
    try give(.phoneConnected)
    guard knowsCode, phoneIsConnected else { return }
    var session = PhoneSession(code: SetupParties.code, maximumMTU: 517, random: FixedRandom(4))
    let outputs = session.start()
    phone = session
    take(outputs)
  }

  mutating func disconnectPhone() throws(Violation) {
    guard phoneIsConnected else { return }
    phoneIsConnected = false
    try give(.phoneDisconnected)
  }

  mutating func packet(_ packet: [UInt8]) throws(Violation) {
    guard phoneIsConnected else { return }
    try give(.phonePacket(packet))
  }

  /// Carries up to so many packets between phone and device.
  mutating func carry(_ count: Int) throws(Violation) {
    for _ in 0..<count where phoneIsConnected {
      if !fromPhone.isEmpty {
        try packet(fromPhone.removeFirst())
      } else if !toPhone.isEmpty, var session = phone {
        let outputs = session.receive(packet: toPhone.removeFirst())
        phone = session
        take(outputs)
      } else {
        return
      }
    }
  }

  /// A phone comes and links the device, if the device lets it.
  mutating func link() throws(Violation) {
    try command(.setup)
    try connectPhone(knowsCode: true)
    for _ in 0..<8 {
      try carry(64)
      try store(isDurable: true)
    }
    logIn()
    for _ in 0..<8 {
      try carry(64)
      try answer(0, canned: 0)
      try store(isDurable: true)
    }
    try disconnectPhone()
  }

  /// The phone brings a code back from Amazon.
  mutating func logIn() {
    let grant = AuthorizationGrant(
      code: Secret(copying: "ANdNAVhyhqirUelHGEHA"), redirectURI: "https://example.com/linked",
      clientID: "amzn1.application-oa2-client.1")
    guard var session = phone, let outputs = try? session.send(.authorization(grant)) else { return }
    phone = session
    take(outputs)
  }

  private mutating func take(_ outputs: [PhoneSessionOutput]) {
    for case .transmit(let packet) in outputs { fromPhone.append(packet) }
  }

  private mutating func give(_ input: Input) throws(Violation) {
    // An order leaves once its record is written, even if the clock was set back while the disk worked.
    if case .stored = input { isStore = true } else { isStore = false }
    for effect in device.handle(input, at: moment) { try perform(effect) }
    try Violation.unless(stores.count <= 64, "what is to be written does not pile up")
    try Violation.unless(requests.count <= 16, "a handful of requests are under way at once")
  }

  private mutating func perform(_ effect: Effect) throws(Violation) {
    switch effect {
    case .store(let kind, let contents):
      try isReadable(kind, contents)
      stores.append((kind, contents))
    case .remove(let kind): stores.append((kind, nil))
    case .request(let id, let request):
      let isNew = !requests.contains { $0.0 == id }
      try Violation.unless(isNew && request.url.utf8.starts(with: "https://".utf8), "a request is new and secure")
      try Violation.unless(
        ClockGate(floor: DeviceLife.configuration.clockFloor).isPlausible(moment.clock),
        "no request is made before the clock is right")
      requests.append((id, request))
    case .light(let slot, _):
      try Violation.unless(DeviceLife.configuration.slots.indices.contains(slot), "a light belongs to a slot")
    case .raise(let event):
      if case .fault(let text) = event { try Violation.unless(!text.isEmpty, "a fault has a text") }
    case .reply(let id, let reply):
      try Violation.unless(open.remove(id.number) != nil, "a command is answered once")
      try TextTargets.fits(reply)
    case .openWindow: windowIsOpen = true
    case .closeWindow:
      windowIsOpen = false
      phoneIsConnected = false
    case .transmit(let packet):
      try Violation.unless(phoneIsConnected, "packets go to a phone that is there")
      toPhone.append(packet)
    case .disconnectPhone: phoneIsConnected = false
    }
  }

  /// What the device writes it must be able to read after a restart.
  private func isReadable(_ kind: RecordKind, _ contents: Secret) throws(Violation) {
    try Violation.unless(contents.count <= RecordEnvelope.maximumPayload, "a record is not too long")
    let isReadable =
      switch kind {
      case .link: Link(contents) != nil
      case .farewell: Farewell(contents) != nil
      case .journal: Journal(contents) != nil
      case .attempts, .upkeep, .erasing: (try? JSONValue.parse(contents))?.isObject == true
      }
    try Violation.unless(isReadable, "the record '\(kind.rawValue)' that is written can be read")
  }
}
