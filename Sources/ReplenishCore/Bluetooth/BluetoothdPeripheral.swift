/// A Bluetooth LE peripheral through bluetoothd: what to ask of it and what to answer it, from a daemon in any state to one
/// that advertises for us, and back.
///
/// A value that opens nothing itself: it takes what came over D-Bus and gives the ``Step``s that follow. bluetoothd is a peer
/// that ends, comes back and knows nothing: whatever it forgot is registered again while the window is open. Towards the
/// device it plays the phone's ATT, so that all above is the same code as on kernel sockets.
///
/// - Phones' writes come as `WriteValue`, in every version of BlueZ: it names the phone, and its refusal reaches the phone,
///   while a write into an acquired descriptor is always acknowledged. (And the first value into one is sent from a buffer
///   that bluetoothd may have overwritten by then, seen in the sources of BlueZ 5.66 to 5.87.)
/// - Indications go through an acquired descriptor where bluetoothd tells in it that the phone has confirmed (from 5.80 on),
///   to that phone alone. Else they go as changes of the value, to every phone that subscribed, and `Confirm` paces them.
/// - A second phone is disconnected when it touches a characteristic; that a device is connected is nothing to us, since it
///   may be a keyboard.
public struct BluetoothdPeripheral {
  /// Something to ask of bluetoothd.
  public enum Call: Equatable {
    /// The adapters: `GetManagedObjects`, which may start the daemon.
    case findAdapters
    /// Switches an adapter on or off.
    case setPowered(adapter: String, Bool)
    /// Registers the service.
    case registerApplication(adapter: String)
    /// Takes it back.
    case unregisterApplication(adapter: String)
    /// Registers the advertisement.
    case registerAdvertisement(adapter: String)
    /// Takes it back.
    case unregisterAdvertisement(adapter: String)
    /// Registers the agent that lets phones pair.
    case registerAgent
    /// Takes it back.
    case unregisterAgent
    /// Ends a phone's connection.
    case disconnect(device: String)
  }

  /// What came of a call.
  public enum Answer {
    /// It was done.
    case done
    /// The adapters there are.
    case adapters([BluezAdapter])
    /// It was refused: the name of the D-Bus error, and its text.
    case refused(name: String, text: String)
  }

  /// A refusal that a phone is told.
  public enum Refusal: String {
    case invalidOffset = "org.bluez.Error.InvalidOffset"
    case invalidLength = "org.bluez.Error.InvalidValueLength"
    case improperlyConfigured = "org.bluez.Error.ImproperlyConfigured"
    case notPermitted = "org.bluez.Error.NotPermitted"
  }

  /// What is to be done next, in order.
  public enum Step: Equatable {
    /// Call bluetoothd; the answer goes to ``BluetoothdPeripheral/answered(_:_:)`` with the number.
    case call(UInt32, Call)
    /// Answer a call of bluetoothd's with nothing.
    case accept(UInt32)
    /// Answer it with a value.
    case value(UInt32, [UInt8])
    /// Refuse it.
    case refuse(UInt32, Refusal)
    /// Answer it with one end of a new socket and this MTU, and keep the other.
    case openNotify(UInt32, mtu: UInt16)
    /// Send a value into that socket.
    case notify([UInt8])
    /// Close it.
    case closeNotify
    /// Say that the value of the indicate characteristic changed.
    case valueChanged([UInt8])
    /// A phone has connected.
    case connected
    /// It sent this ATT packet.
    case packet([UInt8])
    /// It is gone.
    case disconnected
    /// Call ``BluetoothdPeripheral/elapsed()`` after so long; replaces an earlier one.
    case wait(milliseconds: UInt64)
    /// Do not call it any more.
    case stopWaiting
    /// It cannot be done: what was wrong, where, and what to do.
    case failed(String)
    /// Nothing more comes: leave the bus.
    case finished
  }

  enum Stage: Equatable {
    case idle, finding, waiting, preparing, advertising, failed, ending
  }

  /// How long a daemon or an adapter may take to come: at boot a serial one needs seconds.
  static var patience: UInt64 { 30_000 }
  static var busyPause: UInt64 { 500 }
  static var mostRetries: Int { 10 }
  /// How often somebody else may undo what was done in one window.
  static var mostRestarts: Int { 5 }
  /// How often bluetoothd may end in one window.
  static var mostEnds: Int { 10 }
  /// bluetoothd itself takes two seconds to end a connection.
  static var endingTime: UInt64 { 4_000 }

  let wanted: UInt16?
  let advertisement: SetupAdvertisement
  /// Whether phones must pair.
  let requiresEncryption: Bool
  var stage = Stage.idle
  /// The object of the adapter in use; empty without one.
  public internal(set) var adapter = ""
  var isDaemonThere = true
  var acquires = false
  /// The adapter that was used first in this window, and whether it was on before.
  var original: (adapter: String, wasPowered: Bool)?
  /// Whether an adapter went while its daemon stayed: what comes next is as new, even if it has the same name.
  var wasUnplugged = false
  var hasPutBack = false
  var tasks: [Call] = []
  /// The call whose answer is awaited.
  var awaited: (number: UInt32, call: Call)?
  var lastCall: UInt32 = 0
  var hasApplication = false
  var hasAdvertisement = false
  var hasAgent = false
  var heals = 0
  var retries = 0
  var restarts = 0
  var ends = 0
  var reopens = false

  // The phone
  var phone: String?
  var bridge = ATTBridge()
  /// The calls that end connections.
  var farewells: [(number: UInt32, device: String)] = []
  /// Sent away, and not gone yet.
  var leaving: [String] = []
  var isSubscribed = false
  var hasNotify = false

  /// Makes a peripheral that does nothing yet.
  ///
  /// - Parameters:
  ///   - adapter: The number of the adapter, 0 for hci0; nil takes the first.
  ///   - advertisement: What it sends.
  ///   - requiresEncryption: Whether phones must pair.
  public init(adapter: UInt16?, advertisement: SetupAdvertisement, requiresEncryption: Bool = false) {
    wanted = adapter
    self.requiresEncryption = requiresEncryption
    self.advertisement = advertisement
  }

  /// Whether it advertises and accepts phones.
  public var isAdvertising: Bool { stage == .advertising }
  /// Whether it waits for a daemon or an adapter.
  public var isWaiting: Bool { stage == .waiting }
  /// Whether a phone is connected.
  public var hasPhone: Bool { phone != nil }
  /// What it waits for, or the adapter's name.
  public var place: String {
    isDaemonThere ? adapter.isEmpty ? "an adapter" : BluetoothdPeripheral.name(adapter) : "bluetoothd"
  }

  /// The objects that bluetoothd may read: below the application's path, or the advertisement.
  public var objects: [BusObject] {
    SetupObjects.services(acquires: acquires, encrypts: requiresEncryption) + [advertisement.object]
  }

  /// Begins. The bus is open.
  public mutating func open() -> [Step] {
    switch stage {
    case .idle:
      restarts = 0
      ends = 0
      return find()
    case .ending:
      reopens = true
      return []
    default: return []
    }
  }

  /// Ends, and puts the adapter back as it was. ``Step/finished`` follows, now or later.
  public mutating func close() -> [Step] {
    reopens = false
    guard stage != .idle, stage != .ending else { return [] }
    stage = .ending
    awaited = nil
    tasks = []
    var steps: [Step] = [.stopWaiting]
    if hasAdvertisement { steps += call(.unregisterAdvertisement(adapter: adapter)) }
    steps += disconnect()
    // Until it is gone: bluetoothd must not lose the descriptor while an indication in it may still be confirmed.
    guard leaving.isEmpty else { return steps + [.wait(milliseconds: BluetoothdPeripheral.endingTime)] }
    return steps + putBack()
  }

  /// The process ends: what bluetoothd does not undo by itself when we are gone.
  public mutating func end() -> [Step] {
    let steps = close()
    leaving = []
    return stage == .ending && !hasPutBack ? steps + putBack() : steps
  }

  /// What ``Step/wait(milliseconds:)`` asked for.
  public mutating func elapsed() -> [Step] {
    switch stage {
    case .waiting:
      return fail(
        isDaemonThere
          ? "\(wanted == nil ? "no Bluetooth adapter was found" : "hci\(wanted ?? 0): bluetoothd knows no such adapter"); plug it in, or enable the board's own (bluetoothctl list shows what bluetoothd has)"
          : "bluetoothd does not run, or does not answer; run: systemctl enable --now bluetooth"
      )
    case .preparing: return next()
    case .ending:
      leaving = []
      return hasPutBack ? finish() : putBack()
    default: return []
    }
  }

  /// bluetoothd came onto the bus, or went.
  public mutating func daemonChanged(isThere: Bool) -> [Step] {
    let wasThere = isDaemonThere
    isDaemonThere = isThere
    if isThere {
      // Its adapters come a moment later, each with a signal.
      return stage == .waiting ? [.stopWaiting] + find() : []
    }
    forget()
    hasAgent = false
    leaving = []
    // A daemon that ends in order removes its adapters first.
    wasUnplugged = false
    guard wasThere else { return [] }
    let steps = losePhone()
    switch stage {
    case .finding, .preparing, .advertising:
      ends += 1
      guard ends <= BluetoothdPeripheral.mostEnds else {
        return steps
          + fail("bluetoothd ended \(ends) times while the window was open; see its log: journalctl -u bluetooth")
      }
      return steps + wait()
    case .ending: return steps + finish()
    default: return steps
    }
  }

  /// An adapter came.
  public mutating func adapterAdded() -> [Step] {
    stage == .waiting ? [.stopWaiting] + find() : []
  }

  /// An object of bluetoothd's went: an adapter, a phone.
  public mutating func removed(_ path: String) -> [Step] {
    let steps = deviceGone(path)
    guard !adapter.isEmpty, path.isExactly(adapter) else { return steps }
    return steps + adapterGone()
  }

  /// An adapter was switched on or off, by whomever.
  public mutating func powered(_ path: String, _ isOn: Bool) -> [Step] {
    guard stage == .advertising, !isOn, path.isExactly(adapter) else { return [] }
    let steps = losePhone()
    leaving = []
    // The registration of an advertisement may or may not have survived.
    return steps
      + restart([
        .setPowered(adapter: adapter, true), .unregisterAdvertisement(adapter: adapter),
        .registerAdvertisement(adapter: adapter),
      ])
  }

  /// bluetoothd says that it has dropped our advertisement.
  public mutating func advertisementReleased() -> [Step] {
    hasAdvertisement = false
    return stage == .advertising ? restart([.registerAdvertisement(adapter: adapter)]) : []
  }

  /// Gives up; ``close()`` is still to be called.
  public mutating func fail(_ text: String) -> [Step] {
    guard stage != .failed, stage != .ending, stage != .idle else { return [] }
    stage = .failed
    tasks = []
    awaited = nil
    return [.stopWaiting, .failed(text)]
  }

  static func name(_ adapter: String) -> String { BluezAdapter.index(adapter).map { "hci\($0)" } ?? "the adapter" }
}
