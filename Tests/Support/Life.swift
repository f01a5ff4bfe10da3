import ReplenishCore

/// Thrown where the power goes.
package struct PowerLost: Error { package init() {} }

/// Where a simulated device keeps its records.
package protocol LifeStorage: AnyObject {
  func find(_ kind: RecordKind) -> RecordFinding
  func write(_ kind: RecordKind, _ contents: Secret) throws(PowerLost) -> StoreOutcome
  func remove(_ kind: RecordKind) throws(PowerLost) -> StoreOutcome
}

/// Storage that cannot fail but when it is told to.
package final class MemoryStorage: LifeStorage {
  package var records: [RecordKind: RecordFinding] = [:]
  package var failures: [RecordKind: Int] = [:]

  package init() {}

  package func find(_ kind: RecordKind) -> RecordFinding { records[kind] ?? .absent }

  package func write(_ kind: RecordKind, _ contents: Secret) -> StoreOutcome {
    if let text = failure(kind) { return .failed(text) }
    records[kind] = .whole(contents)
    return .durable
  }

  package func remove(_ kind: RecordKind) -> StoreOutcome {
    if let text = failure(kind) { return .failed(text) }
    records[kind] = nil
    return .durable
  }

  private func failure(_ kind: RecordKind) -> String? {
    guard let left = failures[kind], left > 0 else { return nil }
    failures[kind] = left - 1
    return "the record '\(kind.rawValue)' could not be written: no space left on the device; free some"
  }
}

/// Random bytes that are the same in every run.
package final class SeededRandom: RandomSource {
  private var state: UInt64

  package init(_ seed: UInt64) { state = seed &* 2 &+ 1 }

  package func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  package func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: next() >> 24) }
    return true
  }
}

/// A whole device with its phone, its Amazon and its time, that can lose its power anywhere.
package final class Life {
  package let storage: any LifeStorage
  package let amazon: SimulatedAmazon
  /// The maker's cloud, where the configuration orders through it.
  package var cloud: SimulatedCloud?
  package var configuration: DeviceConfiguration
  package private(set) var device: Device
  package var moment: Moment
  package var account = "owner"
  package var phoneCode: SetupCode
  package private(set) var events: [Event] = []
  package private(set) var lights: [Int: LightSignal] = [:]
  package private(set) var replies: [UInt64: Reply] = [:]
  package private(set) var windowIsOpen = false
  /// The request that the cloud holds.
  package private(set) var held: RequestID?
  package private(set) var told: [DeviceMessage] = []
  package private(set) var refusedPhone: [SetupFault] = []
  /// Whether the device's proof reached the phone: from then on a guess is spent.
  package private(set) var phoneGotProof = false
  /// What the phone does with the parameters; false hangs up instead.
  package var phoneLogsIn = true
  /// Whether a person was shown that a press is noted.
  package private(set) var acknowledged = false
  /// Steps until the power goes; nil for never.
  package var stepsLeft: Int?
  package private(set) var steps = 0
  package var boot: BootIdentity
  private let random: SeededRandom
  private let phoneRandom = SeededRandom(99)
  private var inputs: [Input] = []
  private var phone: PhoneSession?
  private var lastCommand: UInt64 = 0
  private let credential: SetupCredential

  package init(
    storage: any LifeStorage, amazon: SimulatedAmazon, configuration: DeviceConfiguration,
    credential: SetupCredential, code: SetupCode, moment: Moment, seed: UInt64 = 1
  ) {
    self.storage = storage
    self.amazon = amazon
    self.configuration = configuration
    self.credential = credential
    self.moment = moment
    phoneCode = code
    random = SeededRandom(seed)
    boot = BootIdentity([UInt8(truncatingIfNeeded: seed)])
    guard let model = try? ModelID("Model1"), let serial = try? SerialNumber("SN0001") else {
      fatalError("these are a model and a serial")
    }
    let identity = DeviceIdentity(model: model, serial: serial, serialSource: "test")
    device = Device(configuration, identity: identity, credential: credential, random: random)
  }

  /// Starts the device.
  package func start() throws(PowerLost) {
    try give(.start(RecordFindings { storage.find($0) }, boot))
  }

  /// Counts a step at which the power may go.
  package func step() throws(PowerLost) {
    steps += 1
    guard let left = stepsLeft else { return }
    if left == 0 { throw PowerLost() }
    stepsLeft = left - 1
  }

  /// Gives an input and performs all that follows.
  package func give(_ input: Input) throws(PowerLost) {
    inputs.append(input)
    try settle()
  }

  private func settle() throws(PowerLost) {
    while !inputs.isEmpty {
      let effects = device.handle(inputs.removeFirst(), at: moment)
      for effect in effects { try perform(effect) }
    }
  }

  /// Gives a command and returns the answer it has so far.
  @discardableResult
  package func command(_ command: Command) throws(PowerLost) -> Reply? {
    lastCommand += 1
    let id = lastCommand
    try give(.command(CommandID(id), command))
    return replies[id]
  }

  /// The cloud answers the request that it held.
  package func answerHeld(_ outcome: HTTPOutcome) throws(PowerLost) {
    guard let id = held else { return }
    held = nil
    try give(.answer(id, outcome))
  }

  /// Presses the button of a slot for a moment.
  package func press(slot: Int = 0) throws(PowerLost) {
    try give(.button(slot: slot, isDown: true))
    try pass(100)
    try give(.button(slot: slot, isDown: false))
  }

  /// Lets time pass, in milliseconds.
  package func pass(_ milliseconds: UInt64) throws(PowerLost) {
    let end = moment.uptime + milliseconds
    var turns = 0
    while let deadline = device.deadline, deadline <= end {
      precondition(turns < 100_000, "the device never sleeps")
      turns += 1
      move(to: max(deadline, moment.uptime))
      try give(.wake)
    }
    move(to: end)
  }

  private func move(to uptime: UInt64) {
    moment.clock += Int64((uptime - moment.uptime) / 1000)
    moment.uptime = uptime
  }

  /// A phone comes and does what phones do.
  package func connectPhone() throws(PowerLost) {
    var session = PhoneSession(code: phoneCode, random: phoneRandom)
    let outputs = session.start()
    phone = session
    inputs.append(.phoneConnected)
    try takePhone(outputs)
    try settle()
  }

  /// The person at the phone logs in once more, with the last parameters the device gave.
  package func logInAgain() throws(PowerLost) {
    let last = told.last { if case .parameters = $0 { true } else { false } }
    guard let last else { return }
    phoneLogsIn = true
    try takePhone(last)
    try settle()
  }

  /// The phone is carried away.
  package func disconnectPhone() throws(PowerLost) {
    guard phone != nil else { return }
    phone = nil
    try give(.phoneDisconnected)
  }

  private func takePhone(_ outputs: [PhoneSessionOutput]) throws(PowerLost) {
    for output in outputs {
      switch output {
      case .transmit(let packet): inputs.append(.phonePacket(packet))
      case .proved: break
      case .refused(let fault), .ended(let fault):
        if fault == .wrongSetupCode { phoneGotProof = true }
        refusedPhone.append(fault)
      case .message(let message): try takePhone(message)
      }
    }
  }

  private func takePhone(_ message: DeviceMessage) throws(PowerLost) {
    told.append(message)
    guard case .parameters(let parameters) = message, phoneLogsIn, var session = phone else { return }
    phoneLogsIn = false
    let code = amazon.login(challenge: parameters.codeChallenge, account: account)
    let grant = AuthorizationGrant(
      code: Secret(copying: code), redirectURI: "https://localhost/done", clientID: "amzn1.application-oa2-client.1")
    guard let outputs = try? session.send(.authorization(grant)) else { return }
    phone = session
    try takePhone(outputs)
  }

  private func perform(_ request: HTTPRequest) throws(PowerLost) -> HTTPOutcome {
    if let cloud, WireText.contains(request.url, SimulatedCloud.address) {
      return try cloud.perform(request) { () throws(PowerLost) in try step() }
    }
    return try amazon.perform(request) { () throws(PowerLost) in try step() }
  }

  private func perform(_ effect: Effect) throws(PowerLost) {
    switch effect {
    case .store(let kind, let contents):
      try step()
      inputs.append(.stored(kind, try storage.write(kind, contents)))
    case .remove(let kind):
      try step()
      inputs.append(.stored(kind, try storage.remove(kind)))
    case .request(let id, let request) where request.isHeld:
      precondition(held == nil, "two requests are held")
      held = id
      cloud?.noteHeld(request)
    case .request(let id, let request):
      inputs.append(.answer(id, try perform(request)))
    case .light(let slot, let signal):
      try step()
      lights[slot] = signal
      if signal == .noted { acknowledged = true }
    case .raise(let event):
      events.append(event)
    case .reply(let id, let reply):
      try step()
      replies[id.number] = reply
      if case .noted = reply { acknowledged = true }
    case .openWindow: windowIsOpen = true
    case .closeWindow: windowIsOpen = false
    case .transmit(let packet):
      try step()
      guard var session = phone else { return }
      let outputs = session.receive(packet: packet)
      phone = session
      try takePhone(outputs)
    case .disconnectPhone: phone = nil
    }
  }
}
