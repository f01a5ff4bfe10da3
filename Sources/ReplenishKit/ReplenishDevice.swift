import ReplenishCore
import ReplenishLinux

/// A device that links itself to its owner's Amazon account and reorders its own supplies.
///
/// It is a guest in the firmware's process: it starts no thread of its own, owns no main loop and writes to no terminal.
/// Poll ``pollDescriptor`` for reading beside your own descriptors, call ``dispatch(timeout:)`` when it is ready, and take
/// what happened from ``nextEvent()``. All calls come from one thread. (libcurl resolves names on a thread of its own.)
///
/// Writing a record waits for the disk inside ``dispatch(timeout:)``: tens of milliseconds on a common SD card.
public final class ReplenishDevice {
  let loop: EventLoop
  let performer: Performer
  private let store: RecordStore
  private let settings: HTTPClientConfiguration
  /// Those of earlier keys, whose last requests may still be under way.
  private var retired: [HTTPClient] = []
  private let renewal: KeyRenewal?
  private let bearer: (any Bearer)?
  private var waiting: [Event] = []
  private var diversion: ((Event?) -> Void)?
  private var lastCommand: UInt64 = 0
  private var answers: [(id: CommandID, take: (Reply) -> Void)] = []
  private var control: ControlDoor?
  private var buttons: [any Button] = []
  private var players: [(slot: Int, player: LightPlayer)] = []
  private var shown: [(slot: Int, signal: LightSignal)] = []
  private let cloud: String?
  private let holdsRequest: Bool
  private let loopIsOurs: Bool
  private var isClosed = false
  private var isFinished = false
  private var finisher: LoopTimer?
  private let startNotices: [String]

  /// The model and serial, and where they came from.
  public let identity: DeviceIdentity
  /// What a person should know of the start, for the log: records set aside, a setup record that is missing. Whole once
  /// ``start()`` has returned.
  public var notices: [String] { startNotices + store.notices }
  /// The names of the slots, in the order that buttons and lights count them.
  public let slots: [String]

  /// The events that wait for ``nextEvent()`` at most; the oldest are dropped beyond.
  public static let mostEvents = 256

  /// Makes a device. It does nothing until ``start()``.
  ///
  /// - Parameters:
  ///   - configuration: What the product decides.
  ///   - shared: An event loop that the firmware runs anyway; without one the device makes its own.
  public init(_ configuration: ReplenishConfiguration, loop shared: EventLoop? = nil) throws(ReplenishError) {
    try ReplenishDevice.check(configuration.device.slots)
    try ReplenishDevice.check(configuration.bearer, configuration.bluetoothd)
    let identity = try ReplenishDevice.identify(configuration)
    let credential = try ReplenishDevice.credential(configuration.setupRecord)
    let store: RecordStore
    do throws(StorageError) {
      var seal: RecordSeal?
      try configuration.http.clientCertificate?.check()
      if let path = configuration.sealKeyFile { seal = try SealKeyFile.read(path) }
      store = try RecordStore(folder: configuration.stateFolder, fileSystem: LinuxFileSystem(), seal: seal)
    } catch { throw ReplenishError(error.text) }
    renewal = KeyRenewal(configuration, serial: identity.serial)
    // Under the lock of the state folder: whoever has it is alone with these files too.
    do throws(StorageError) { try renewal?.finish() } catch {
      store.close()
      throw ReplenishError(error.text)
    }
    let loop: EventLoop
    do throws(Errno) {
      if let shared { loop = shared } else { loop = try EventLoop() }
    } catch {
      store.close()
      throw ReplenishError("the event loop could not be made: \(error.text)")
    }
    let http: HTTPClient
    do throws(HTTPClientError) { http = try HTTPClient(loop: loop, configuration: configuration.http) } catch {
      store.close()
      if shared == nil { loop.close() }
      throw ReplenishError(error.text)
    }
    let bearer: (any Bearer)? =
      switch configuration.bearer {
      case .none: nil
      case .socket(let path): SocketBearer(loop: loop, path: path)
      case .kernel, .bluetoothd, .automatic: ReplenishDevice.bearer(loop, configuration, credential)
      }
    var behaviour = configuration.device
    if let name = configuration.bearer.bluetooth?.name { behaviour.phoneName = name }
    if configuration.sealKeyFile != nil { behaviour.protection = store.protection }
    // Without a bearer no phone can come, so there is no window to open by itself.
    if bearer == nil { behaviour.opensSetupAtStart = false }
    let device = Device(behaviour, identity: identity, credential: credential, random: SystemRandom())
    performer = Performer(
      device: device, loop: loop, store: store, http: http, bearer: bearer, boot: SystemClock.bootIdentity())
    self.loop = loop
    self.store = store
    self.settings = configuration.http
    self.bearer = bearer
    self.identity = identity
    holdsRequest = configuration.device.cloud?.holdsRequest == true
    cloud = configuration.device.cloud.map { "none; the maker's cloud orders, \($0.address)" }
    loopIsOurs = shared == nil
    var notices: [String] = []
    if let path = configuration.setupRecord, credential == nil {
      notices.append(
        "\(path): the factory's setup record is not there, so no phone can link this device; make it with replenish-factory"
      )
    }
    startNotices = notices
    slots = configuration.device.slots.map { $0.name }
    performer.onEvent = { [unowned(unsafe) self] event in note(event) }
    performer.onReply = { [unowned(unsafe) self] id, reply in answer(id, reply) }
    performer.onLight = { [unowned(unsafe) self] slot, signal in show(signal, slot: slot) }
  }

  /// Starts the device from its records.
  public func start() {
    if holdsRequest { performer.held = connections(settings.held) }
    performer.start()
  }

  private func connections(_ configuration: HTTPClientConfiguration) -> HTTPClient? {
    do throws(HTTPClientError) { return try HTTPClient(loop: loop, configuration: configuration) } catch { return nil }
  }

  /// Gives up the connections and TLS sessions by which the cloud knows the device under an earlier key. What is under way
  /// on them ends as it may.
  private func renewConnections() -> HTTPClient? {
    guard let fresh = connections(settings) else { return nil }
    retired.removeAll { client in
      if client.count == 0 { client.close() }
      return client.count == 0
    }
    retired.append(performer.http)
    performer.http = fresh
    if let held = performer.held, let fresh = connections(settings.held) {
      retired.append(held)
      performer.held = fresh
    }
    return fresh
  }

  /// The descriptor to poll for reading.
  public var pollDescriptor: Int32 { loop.pollDescriptor }

  /// Does what is ready, waiting up to `timeout` milliseconds for it; -1 waits as long as it takes.
  public func dispatch(timeout: Int32 = 0) throws(ReplenishError) {
    defer { if isClosed { finish() } }
    do throws(Errno) { try loop.dispatch(timeout: timeout) } catch {
      throw ReplenishError("the event loop failed: \(error.text)")
    }
  }

  /// The oldest event not taken yet; nil if there is none.
  public func nextEvent() -> Event? { waiting.isEmpty ? nil : waiting.removeFirst() }

  /// Asks for something; the answer comes during this call or a later ``dispatch(timeout:)``, once.
  public func ask(_ command: Command, _ answer: @escaping (Reply) -> Void) {
    guard !isClosed else { return answer(.refused(ReplenishDevice.closed)) }
    lastCommand += 1
    let id = CommandID(lastCommand)
    answers.append((id, answer))
    if case .renewKey = command { return renewKey(id) }
    performer.give(.command(id, command))
  }

  private func renewKey(_ id: CommandID) {
    guard let renewal else {
      let text = "no maker's cloud is configured, which would know the device by a key"
      return answer(id, .refused(Refusal(.badRequest, text)))
    }
    renewal.begin(performer.http, renewed: { [unowned(unsafe) self] in renewConnections() }) {
      [unowned(unsafe) self] reply in answer(id, reply)
    }
  }

  /// A button of the firmware's own went down or up, debounced.
  public func button(slot: Int, isDown: Bool) { performer.give(.button(slot: slot, isDown: isDown)) }

  /// Lets the device watch a button; see `GPIOButton` and `EventDeviceButton`.
  public func attach(_ button: any Button, slot: Int) {
    button.onChange = { [unowned(unsafe) self] isDown in self.button(slot: slot, isDown: isDown) }
    buttons.append(button)
  }

  /// Lets the device show its signals on a light; see `GPIOLight` and `LEDClassLight`.
  public func attach(_ light: any Light, slot: Int) {
    let player = LightPlayer(loop: loop, light: light)
    players.append((slot, player))
    if let signal = shown.last(where: { $0.slot == slot })?.signal { player.show(signal) }
  }

  /// Called with each signal that a slot's light is to show, for products with a light of another kind.
  public var onLight: ((_ slot: Int, _ signal: LightSignal) -> Void)?

  /// Opens the control socket, by which replenishctl and other programs reach the device.
  public func serveControl(_ configuration: ControlServer.Configuration) throws(ReplenishError) {
    control?.close()
    do throws(ControlSocketError) { control = try ControlDoor(self, configuration) } catch {
      throw ReplenishError(error.text)
    }
  }

  /// Ends everything that is open. Records stay as they are; nothing is lost. Questions that wait are refused.
  ///
  /// It may be called from a callback; what the device stands on is then closed in the loop's next turn.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    diversion?(nil)
    diversion = nil
    control?.close()
    let isInCallback = performer.isTurning
    performer.close()
    let open = answers
    answers = []
    for question in open { question.take(.refused(ReplenishDevice.closed)) }
    guard isInCallback else { return finish() }
    finisher = loop.timer { [unowned(unsafe) self] in finish() }
    finisher?.fire(in: 0)
  }

  deinit {
    close()
    finish()
  }

  private func finish() {
    guard !isFinished else { return }
    isFinished = true
    finisher?.cancel()
    for button in buttons { button.close() }
    for player in players { player.player.close() }
    bearer?.end()
    performer.http.close()
    performer.held?.close()
    for client in retired { client.close() }
    store.close()
    if loopIsOurs { loop.close() }
  }

  private static var closed: Refusal { Refusal(.busy, "the device was closed: make a new one") }

  /// Gives events to `take` instead of keeping them, and nil when there will be no more.
  func divert(_ take: @escaping (Event?) -> Void) {
    diversion?(nil)
    guard !isClosed else { return take(nil) }
    diversion = take
    for event in waiting { take(event) }
    waiting = []
  }

  private func note(_ event: Event) {
    if let diversion { return diversion(event) }
    if waiting.count == ReplenishDevice.mostEvents { waiting.removeFirst() }
    waiting.append(event)
  }

  private func answer(_ id: CommandID, _ reply: Reply) {
    guard let index = answers.firstIndex(where: { $0.id == id }) else { return }
    var reply = reply
    if case .status(var status) = reply {
      status.bearer = bearer?.summary ?? cloud
      reply = .status(status)
    }
    answers.remove(at: index).take(reply)
  }

  private func show(_ signal: LightSignal, slot: Int) {
    shown.removeAll { $0.slot == slot }
    shown.append((slot, signal))
    for player in players where player.slot == slot { player.player.show(signal) }
    onLight?(slot, signal)
  }
}
