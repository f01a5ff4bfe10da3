/// The device: a state machine that takes inputs and returns effects, and touches nothing itself.
///
/// It opens no file and no socket, reads no clock and starts no thread. Whoever owns it gives it what happened, in order,
/// and performs what it returns, in order. Its memory is rebuilt from the records alone, so a loss of power between any
/// two effects is nothing but a new device started from what was durable.
public final class Device {
  let configuration: DeviceConfiguration
  let identity: DeviceIdentity
  let credential: SetupCredential?
  let random: any RandomSource

  // What this input found and wants.
  var now = Moment(uptime: 0, clock: 0)
  var effects: [Effect] = []
  /// The uptime in milliseconds at which to give ``Input/wake``; nil while nothing but an event matters.
  public internal(set) var deadline: UInt64?

  // What the records say.
  var boot = BootIdentity([])
  var startedAt: UInt64 = 0
  var clock: ClockGate
  var clockWasPlausible = false
  var link: Link?
  var farewell: Farewell?
  var journal = Journal()
  var attempts = AttemptLimit(.absent, at: 0)
  var upkeep = Upkeep()
  var erasure: Erasure?
  /// Why nothing may be written: a later firmware's record is there. Nil in a healthy device.
  var lockedBy: String?

  // What is under way.
  var stores: [AfterStore] = []
  var requests: [OpenRequest] = []
  var lastRequest: UInt32 = 0
  var linkRefresh = RefreshState()
  var farewellState = FarewellState()
  var dispatches: [Dispatch] = []
  var journalRetry = Retry()
  var linkRetry = Retry()
  var commands: [OpenCommand] = []
  var window = SetupWindow()
  var linking = Linking()
  var buttons: [ButtonDecoder]
  var lights: [SlotLight]
  var identifyUntil: UInt64?
  var needUntil: UInt64?
  var lastFailure: (text: String, at: UInt64)?
  var slotReports: [SlotReport]

  /// Makes a device that has not started: its first input must be ``Input/start(_:_:)``.
  ///
  /// Without a credential from the factory no phone can prove the setup code, so the setup window never opens.
  public init(
    _ configuration: DeviceConfiguration, identity: DeviceIdentity, credential: SetupCredential?,
    random: any RandomSource
  ) {
    var configuration = configuration
    configuration.pressLife = min(max(configuration.pressLife, 0), DeviceLimits.longestPressLife)
    self.configuration = configuration
    self.identity = identity
    self.credential = credential
    self.random = random
    clock = ClockGate(floor: configuration.clockFloor)
    let slots = configuration.slots
    buttons = slots.map { _ in ButtonDecoder() }
    lights = slots.map { _ in SlotLight() }
    slotReports = slots.map { _ in SlotReport() }
  }

  /// Takes what happened and returns what is to be done, in order.
  public func handle(_ input: Input, at moment: Moment) -> [Effect] {
    now = moment
    switch input {
    case .start(let findings, let boot): start(findings, boot)
    case .wake: break
    case .button(let slot, let isDown): takeEdge(slot: slot, isDown: isDown)
    case .stored(_, let outcome): takeStored(outcome)
    case .answer(let id, let outcome): takeAnswer(id, outcome)
    case .windowFailed(let text): windowFailed(text)
    case .phoneConnected: takePhone()
    case .phonePacket(let packet): takePacket(packet)
    case .phoneDisconnected: losePhone()
    case .command(let id, let command): take(command, id)
    }
    advance()
    showLights()
    let wanted = effects
    effects = []
    return wanted
  }

  /// Begins whatever can begin now, and finds out when to look again.
  ///
  /// What is to be done is never queued apart from the state that makes it necessary: it is found anew each time, so
  /// nothing can be forgotten in a queue or done for a state that has passed.
  private func advance() {
    deadline = nil
    noticeClock()
    advanceButtons()
    advanceSetup()
    advanceRecords()
    expirePresses()
    expireFarewell()
    configuration.cloud?.advance(self)
    guard isClockPlausible else { return refuseCommands(Refusal(.clockNotSet, Texts.clockNotSet)) }
    advanceLinking()
    advanceRefresh()
    advanceFarewell()
    advancePresses()
    advanceCommands()
    advanceUpkeep()
  }

  /// Asks to be woken at an uptime, if nothing asked for an earlier one.
  func lookAgain(at uptime: UInt64) {
    deadline = min(deadline ?? uptime, uptime)
  }

  /// Whether an uptime has come; if not, asks to be woken then.
  func isDue(_ uptime: UInt64) -> Bool {
    if uptime <= now.uptime { return true }
    lookAgain(at: uptime)
    return false
  }

  var isClockPlausible: Bool { clock.isPlausible(now.clock) }

  /// This moment, as records write it.
  var stamp: Stamp {
    Stamp(clock: isClockPlausible ? now.clock : nil, boot: boot, uptime: now.uptime)
  }

  func age(of stamp: Stamp) -> Int64? {
    stamp.age(at: now, in: boot, clockIsPlausible: isClockPlausible)
  }

  @inline(never)
  func raise(_ event: Event) { effects.append(.raise(event)) }

  /// Notes what went wrong, for the status, and tells the firmware.
  @inline(never)
  func fault(_ text: String) {
    lastFailure = (text, now.uptime)
    raise(.fault(text))
  }

  private func noticeClock() {
    if isClockPlausible && !clockWasPlausible { raise(.clockSet) }
    clockWasPlausible = isClockPlausible
  }
}
