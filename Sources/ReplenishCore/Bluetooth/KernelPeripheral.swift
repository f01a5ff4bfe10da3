/// A Bluetooth LE peripheral straight on the kernel, without bluetoothd: what to ask of the kernel, and in which order,
/// from an adapter in any state to one that advertises, and back.
///
/// A value that opens nothing itself: it takes what the kernel said and gives the ``Step``s that follow. Advertising goes
/// through the management socket; where that refuses, through commands to the controller.
public struct KernelPeripheral {
  /// What is to be done next, in order.
  public enum Step: Equatable {
    /// Send a packet on the management socket.
    case manage([UInt8])
    /// Accept phones on ATT's fixed channel at this address of ours, least significant byte first.
    case listen(address: [UInt8], isRandom: Bool)
    /// Accept no more phones; one that is connected is gone.
    case stopListening
    /// Open the controller's own socket; if that fails, call ``KernelPeripheral/fail(_:)``.
    case openController(UInt16)
    /// Send a packet on the controller's socket.
    case command([UInt8])
    /// Close the controller's socket.
    case closeController
    /// Call ``KernelPeripheral/elapsed()`` after so long; replaces an earlier one.
    case wait(milliseconds: UInt64)
    /// Do not call it any more.
    case stopWaiting
    /// There is no adapter to use, and none came.
    case absent
    /// It cannot be done: what was wrong, where, and what to do.
    case failed(String)
    /// Nothing more comes: close the management socket.
    case finished
  }

  enum Stage: Equatable {
    case idle, finding, waiting, reading, preparing, advertising, failed, ending
  }

  /// How long an adapter may take to come: at boot a serial one needs seconds.
  static var patience: UInt64 { 30_000 }
  static var busyPause: UInt64 { 500 }
  static var mostRetries: Int { 10 }
  /// How often somebody else may undo what was done in one window.
  static var mostRestarts: Int { 5 }
  static var endingTime: UInt64 { 3_000 }

  let wanted: UInt16?
  let advertisement: SetupAdvertisement
  /// Whether phones must pair.
  let requiresEncryption: Bool
  let random: any RandomSource
  var stage = Stage.idle
  /// The adapter in use.
  public internal(set) var index: UInt16 = 0
  /// Its settings before we changed any.
  var original: AdapterSettings?
  /// Whether Secure Simple Pairing had to be switched on, which an adapter of BR/EDR wants for LE's Secure Connections.
  var changesPairing = false
  var tasks: [[UInt8]] = []
  /// The command whose answer is awaited; empty if none is.
  var awaited: [UInt8] = []
  /// Our address on the air's side of the L2CAP socket.
  var identity: (address: [UInt8], isRandom: Bool) = ([], false)
  /// Whether advertising is by commands to the controller.
  public internal(set) var isRaw = false
  var controllerTasks: [[UInt8]] = []
  var paired = PairedPhones()
  var retries = 0
  var restarts = 0
  private var reopens = false

  /// Makes a peripheral that does nothing yet.
  ///
  /// - Parameters:
  ///   - adapter: The number of the adapter, 0 for hci0; nil takes the first.
  ///   - advertisement: What it sends.
  ///   - requiresEncryption: Whether phones must pair, which the adapter is then made ready for.
  ///   - random: Where addresses come from.
  public init(
    adapter: UInt16?, advertisement: SetupAdvertisement, requiresEncryption: Bool = false, random: any RandomSource
  ) {
    wanted = adapter
    self.advertisement = advertisement
    self.requiresEncryption = requiresEncryption
    self.random = random
  }

  /// Whether it advertises and accepts phones.
  public var isAdvertising: Bool { stage == .advertising }
  /// Whether it waits for an adapter.
  public var isWaiting: Bool { stage == .waiting }
  /// Whether the phone that is connected has paired by LE Secure Connections in this window.
  public var hasPairedPhone: Bool { paired.hasConnected }

  /// Begins. The management socket is open.
  public mutating func open() -> [Step] {
    switch stage {
    case .idle: return find()
    case .ending:
      reopens = true
      return []
    default: return []
    }
  }

  /// Ends, and puts the adapter back as it was. ``Step/finished`` follows, now or later; what must not be left on is
  /// asked for now.
  public mutating func close() -> [Step] {
    reopens = false
    guard stage != .idle, stage != .ending else { return [] }
    guard let original else { return finish() }
    stage = .ending
    controllerTasks = []
    var steps: [Step] = [.stopListening]
    if isRaw { steps += [.command(HCICommand.enable(false)), .closeController] }
    tasks = []
    if !isRaw { task(ManagementCommand.removeAdvertising, [ManagementCommand.instance]) }
    if requiresEncryption {
      // The device remembers no phone; in the next window it is another one to them, too.
      for phone in paired.phones { task(ManagementCommand.unpair, phone + [0]) }
      if !original.contains(.bondable) { task(ManagementCommand.setBondable, [0]) }
    }
    let isPrivate = original.contains(.privacy)
    if !original.contains(.powered) || !isPrivate {
      task(ManagementCommand.setPowered, [0])
    }
    let now = tasks.count
    if !isPrivate {
      task(ManagementCommand.setPrivacy, [UInt8](repeating: 0, count: 17))
    }
    if requiresEncryption, !original.contains(.secureConnections) {
      task(ManagementCommand.setSecureConnections, [0])
    }
    if requiresEncryption, changesPairing, !original.contains(.secureSimplePairing) {
      task(ManagementCommand.setSecureSimplePairing, [0])
    }
    if !original.contains(.lowEnergy) {
      task(ManagementCommand.setLowEnergy, [0])
    }
    if original.contains(.powered), !isPrivate {
      task(ManagementCommand.setPowered, [1])
    }
    steps.append(.wait(milliseconds: KernelPeripheral.endingTime))
    // A command whose answer is awaited is let finish first: the kernel would answer *busy*. Otherwise these go at once,
    // so that the radio is quiet even if the process ends before it hears the answers.
    guard awaited.isEmpty else { return steps }
    for _ in 0..<now { steps += send(tasks.removeFirst()) }
    return now > 0 ? steps : steps + endingStep()
  }

  /// Ends the connection of a phone: the kernel itself would take seconds after its socket is closed.
  public func disconnect(address: [UInt8], isRandom: Bool) -> [Step] {
    guard stage == .advertising || stage == .preparing || stage == .ending else { return [] }
    return [.manage(ManagementCommand.packet(ManagementCommand.disconnect, index, address + [isRandom ? 2 : 1]))]
  }

  /// A phone has connected from this address.
  public mutating func phoneCame(address: [UInt8], isRandom: Bool) { paired.connect(address + [isRandom ? 2 : 1]) }

  /// The phone is gone: a controller that is commanded directly must be told to advertise again.
  public mutating func phoneGone() -> [Step] {
    paired.connect([])
    guard stage == .advertising, isRaw else { return [] }
    return [.command(HCICommand.enable(true))]
  }

  /// Takes a packet of the management socket.
  public mutating func receive(management packet: [UInt8]) -> [Step] {
    guard let packet = ManagementPacket(packet) else { return [] }
    switch packet {
    case .answer(let code, let index, let status, let parameters):
      let command = awaited
      guard ManagementCommand.isAnswered(command, code, index) else { return [] }
      awaited = []
      return answered(command, status, parameters)
    case .added(let index):
      guard stage == .waiting, index == wanted ?? index else { return [] }
      return [.stopWaiting] + read(index)
    case .removed(let index):
      guard index == self.index else { return [] }
      switch stage {
      case .reading, .preparing, .advertising: return lose()
      case .ending: return finish()
      default: return []
      }
    case .settings(let index, let settings):
      guard index == self.index, stage == .advertising, !settings.contains(.powered) else { return [] }
      return restart()
    case .advertisingRemoved(let index, let instance):
      guard index == self.index, instance == ManagementCommand.instance, stage == .advertising, !isRaw else {
        return []
      }
      return restart()
    case .paired(let index, let phone, let isSecure):
      if requiresEncryption, index == self.index { paired.pair(phone, isSecure: isSecure) }
      return []
    case .identified(let index, let random, let phone):
      if requiresEncryption, index == self.index { paired.identify(random, as: phone) }
      return []
    case .asksToPair(let index, let phone):
      // A phone that paired before and has forgotten it. That this is the phone nobody could tell at the first time either.
      guard requiresEncryption, index == self.index, stage == .advertising || stage == .preparing else { return [] }
      return [.manage(ManagementCommand.packet(ManagementCommand.confirmPairing, index, phone))]
    case .other: return []
    }
  }

  /// Takes a packet of the controller's socket.
  public mutating func receive(controller packet: [UInt8]) -> [Step] {
    guard stage == .preparing, let answer = HCIAnswer(packet), let task = controllerTasks.first,
      LittleEndian.bytes(answer.opcode) == Array(task[1..<3])
    else { return [] }
    // A controller that does not advertise may refuse to stop.
    let isFirst = task == HCICommand.enable(false)
    guard answer.status == 0 || isFirst else {
      return fail(
        "hci\(index): neither the kernel (management) nor the controller (command \(answer.opcode), status \(answer.status)) lets it advertise; another program may be using it: stop that one"
      )
    }
    controllerTasks.removeFirst()
    guard let next = controllerTasks.first else {
      stage = .advertising
      return []
    }
    return [.command(next)]
  }

  /// What ``Step/wait(milliseconds:)`` asked for.
  public mutating func elapsed() -> [Step] {
    switch stage {
    case .waiting:
      stage = .failed
      return [.absent]
    case .preparing: return next()
    case .ending: return finish()
    default: return []
    }
  }

  /// Gives up; ``close()`` is still to be called.
  public mutating func fail(_ text: String) -> [Step] {
    guard stage != .failed, stage != .ending, stage != .idle else { return [] }
    stage = .failed
    tasks = []
    controllerTasks = []
    return [.stopListening, .stopWaiting, .failed(text)]
  }

  mutating func find() -> [Step] {
    stage = .finding
    retries = 0
    restarts = 0
    return send(ManagementCommand.packet(ManagementCommand.readIndexList, ManagementCommand.noIndex))
  }

  mutating func read(_ index: UInt16) -> [Step] {
    stage = .reading
    self.index = index
    return send(ManagementCommand.packet(ManagementCommand.readInformation, index))
  }

  mutating func wait() -> [Step] {
    stage = .waiting
    return [.wait(milliseconds: KernelPeripheral.patience)]
  }

  /// The adapter is gone: it may come back, as another number if none was asked for.
  mutating func lose() -> [Step] {
    tasks = []
    awaited = []
    original = nil
    paired.forget()
    controllerTasks = []
    let steps: [Step] = isRaw ? [.stopListening, .closeController] : [.stopListening]
    isRaw = false
    // Another one may be there already.
    return steps + (wanted == nil ? find() : wait())
  }

  /// Somebody else undid what was done: do it again, but not for ever.
  mutating func restart() -> [Step] {
    restarts += 1
    guard restarts <= KernelPeripheral.mostRestarts else {
      return fail("hci\(index): another program keeps switching it off; stop that program and open the window again")
    }
    let steps: [Step] = isRaw ? [.stopListening, .closeController] : [.stopListening]
    isRaw = false
    return steps + read(index)
  }

  mutating func send(_ command: [UInt8]) -> [Step] {
    awaited = command
    return [.manage(command)]
  }

  /// The next command that puts the adapter back, or the end.
  mutating func endingStep() -> [Step] { tasks.isEmpty ? finish() : send(tasks.removeFirst()) }

  private mutating func finish() -> [Step] {
    stage = .idle
    original = nil
    paired.forget()
    tasks = []
    awaited = []
    controllerTasks = []
    isRaw = false
    guard reopens else { return [.stopWaiting, .finished] }
    reopens = false
    return [.stopWaiting] + find()
  }
}
