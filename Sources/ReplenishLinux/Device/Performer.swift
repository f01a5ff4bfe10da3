import ReplenishCore

/// Joins a `Device` to its board: performs its effects, in order, and gives it what happens.
///
/// A record is written before the next effect is looked at. The write may block until the disk is done, which is
/// accepted: what follows a write must not happen before it is durable.
public final class Performer {
  /// The state machine, to be read only.
  public let device: Device

  /// A slot's light is to show a signal.
  public var onLight: (_ slot: Int, LightSignal) -> Void = { _, _ in }
  /// The firmware is told something.
  public var onEvent: (Event) -> Void = { _ in }
  /// A command is answered.
  public var onReply: (CommandID, Reply) -> Void = { _, _ in }

  private let loop: EventLoop
  private let store: RecordStore
  /// Makes the requests, but for those of ``held``.
  package var http: HTTPClient
  /// Makes the requests that a service may hold, on a connection of their own; nil where there are none.
  package var held: HTTPClient?
  private let bearer: (any Bearer)?
  private let boot: BootIdentity
  private var timer: LoopTimer?
  private var inputs: [Input] = []
  /// Whether an input is being handled, so that a callback of it may be what calls.
  public private(set) var isTurning = false
  private var isClosed = false

  /// Makes a performer of a device that has not started. Without a bearer, no phone can come.
  public init(
    device: Device, loop: EventLoop, store: RecordStore, http: HTTPClient, bearer: (any Bearer)?, boot: BootIdentity
  ) {
    self.device = device
    self.loop = loop
    self.store = store
    self.http = http
    self.bearer = bearer
    self.boot = boot
    timer = loop.timer { [unowned(unsafe) self] in give(.wake) }
    loop.onClockSet = { [unowned(unsafe) self] in give(.wake) }
    bearer?.onConnected = { [unowned(unsafe) self] in give(.phoneConnected) }
    bearer?.onPacket = { [unowned(unsafe) self] packet in give(.phonePacket(packet)) }
    bearer?.onDisconnected = { [unowned(unsafe) self] in give(.phoneDisconnected) }
    bearer?.onFailed = { [unowned(unsafe) self] fault in noPhone(fault) }
  }

  /// Starts the device from its records.
  public func start() {
    give(.start(RecordFindings { store.find($0) }, boot))
  }

  /// Gives the device an input and performs what follows. An input that is given while another is handled waits for it.
  public func give(_ input: Input) {
    guard !isClosed else { return }
    inputs.append(input)
    guard !isTurning else { return }
    isTurning = true
    var next = 0
    while next < inputs.count && !isClosed {
      let effects = device.handle(inputs[next], at: SystemClock.now())
      next += 1
      for effect in effects {
        // A callback may have closed it.
        if isClosed { break }
        perform(effect)
      }
    }
    inputs.removeAll(keepingCapacity: true)
    isTurning = false
    guard !isClosed else { return }
    if let deadline = device.deadline { timer?.fire(at: deadline) } else { timer?.cancel() }
  }

  /// Gives the device nothing more. The store, the client and the bearer are their owner's to close.
  public func close() {
    isClosed = true
    timer?.cancel()
    loop.onClockSet = nil
    bearer?.onConnected = {}
    bearer?.onPacket = { _ in }
    bearer?.onDisconnected = {}
    bearer?.onFailed = { _ in }
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .store(let kind, let contents): give(.stored(kind, store.write(kind, contents)))
    case .remove(let kind): give(.stored(kind, store.remove(kind)))
    case .request(let id, let request):
      let client = request.isHeld ? held ?? http : http
      client.start(request) { [unowned(unsafe) self] outcome in give(.answer(id, outcome)) }
    case .light(let slot, let signal): onLight(slot, signal)
    case .raise(let event): onEvent(event)
    case .reply(let id, let reply): onReply(id, reply)
    case .openWindow: openWindow()
    case .closeWindow: bearer?.close()
    case .transmit(let packet): bearer?.send(packet)
    case .disconnectPhone: bearer?.disconnect()
    }
  }

  private func openWindow() {
    guard let bearer else {
      return give(.windowFailed("no bearer is configured, so no phone can link this device; configure one"))
    }
    do throws(BearerFault) {
      try bearer.open()
    } catch {
      noPhone(error)
    }
  }

  private func noPhone(_ fault: BearerFault) { give(.windowFailed("no phone can come in: \(fault.text)")) }
}
