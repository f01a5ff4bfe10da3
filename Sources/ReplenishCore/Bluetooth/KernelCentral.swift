/// A Bluetooth LE central straight on the kernel, for companions: what to ask of the management socket, and in which order,
/// from an adapter in any state to the device that is to be connected to, and back.
///
/// A value that opens nothing itself: it takes what the kernel said and gives the ``Step``s that follow. It works beside
/// bluetoothd, which shares the management socket, as long as that does not search at the same time.
public struct KernelCentral {
  /// What is to be done next, in order.
  public enum Step: Equatable {
    /// Send a packet on the management socket.
    case manage([UInt8])
    /// Call ``KernelCentral/elapsed()`` after so long; replaces an earlier one.
    case wait(milliseconds: UInt64)
    /// Connect to this device, from the adapter with this address.
    case found(NearbyDevice, own: [UInt8])
    /// It cannot be done: what was wrong, where, and what to do.
    case failed(String)
  }

  /// Which device is looked for.
  public enum Wanted: Equatable, Sendable {
    /// The one with this short id: a label names it.
    case shortID(ShortID)
    /// The only one with this name.
    case name(String)
    /// The only one that there is.
    case only

    func matches(_ device: NearbyDevice) -> Bool {
      switch self {
      case .shortID(let id): device.shortID == id
      // Bytes: a name in another normal form is another name.
      case .name(let name): name.utf8.elementsEqual(device.name.utf8)
      case .only: true
      }
    }
  }

  private enum Stage: Equatable {
    case idle, finding, reading, preparing, searching, stopping(NearbyDevice), ended
  }

  /// How long a device is looked for.
  static var patience: UInt64 { 30_000 }
  /// How long others may be heard besides the first that would do.
  static var gathering: UInt64 { 4_000 }
  /// How long the kernel may take to get an adapter ready.
  static var answerTime: UInt64 { 10_000 }
  static var busyPause: UInt64 { 500 }
  static var mostRetries: Int { 10 }
  /// How often somebody else may switch the adapter off, as a companion does that has just ended.
  static var mostRestarts: Int { 3 }
  /// More devices than these are not told apart: somebody plays with a radio.
  static var mostDevices: Int { 32 }

  /// Both kinds of LE addresses.
  private static var lowEnergyDevices: [UInt8] { [0x06] }

  private let adapter: UInt16?
  private let wanted: Wanted
  private var stage = Stage.idle
  /// The number of the adapter in use.
  public private(set) var index: UInt16 = 0
  private var own: [UInt8] = []
  private var wasPowered = true
  private var tasks: [[UInt8]] = []
  private var awaited: [UInt8] = []
  private var retries = 0
  private var restarts = 0
  private var isGathering = false
  private var isDiscovering = false
  /// The devices heard so far.
  public private(set) var heard: [NearbyDevice] = []

  /// Makes a central that does nothing yet; `adapter` is its number, 0 for hci0, or nil for the first.
  public init(adapter: UInt16?, wanted: Wanted) {
    self.adapter = adapter
    self.wanted = wanted
  }

  /// Begins. The management socket is open.
  public mutating func start() -> [Step] {
    guard stage == .idle else { return [] }
    stage = .finding
    return [.wait(milliseconds: KernelCentral.answerTime)]
      + send(ManagementCommand.packet(ManagementCommand.readIndexList, ManagementCommand.noIndex))
  }

  /// Ends: the packets that put the adapter back as it was. Answers to them do not matter. `peer` is a device whose link is
  /// to be ended too; the kernel itself would take seconds after its socket is closed.
  public mutating func close(peer: NearbyDevice? = nil) -> [[UInt8]] {
    guard stage != .idle else { return [] }
    stage = .ended
    var packets: [[UInt8]] = []
    if isDiscovering { packets.append(command(ManagementCommand.stopDiscovery, KernelCentral.lowEnergyDevices)) }
    if let peer { packets.append(command(ManagementCommand.disconnect, peer.address + [peer.isRandom ? 2 : 1])) }
    if !wasPowered { packets.append(command(ManagementCommand.setPowered, [0])) }
    return packets
  }

  /// Takes a packet of the management socket.
  public mutating func receive(_ bytes: [UInt8]) -> [Step] {
    if stage == .searching, let device = NearbyDevice(management: bytes, index: index) { return hear(device) }
    guard let packet = ManagementPacket(bytes) else { return [] }
    switch packet {
    case .answer(let code, let index, let status, let parameters):
      let command = awaited
      guard ManagementCommand.isAnswered(command, code, index) else { return [] }
      awaited = []
      return answered(command, status, parameters)
    case .removed(let index):
      guard index == self.index, stage != .finding, stage != .ended else { return [] }
      return fail("hci\(index) was unplugged or taken by another program; plug it in and try again")
    case .settings(let index, let settings):
      guard index == self.index, stage == .searching, !settings.contains(.powered) else { return [] }
      return restart()
    case .added, .advertisingRemoved, .paired, .identified, .asksToPair: return []
    case .other:
      // The kernel ends a search by itself after ten seconds: *Discovering* says so.
      guard stage == .searching, awaited.isEmpty,
        bytes == LittleEndian.bytes(0x0013) + LittleEndian.bytes(index) + [2, 0]
          + KernelCentral.lowEnergyDevices + [0]
      else { return [] }
      isDiscovering = false
      return search()
    }
  }

  /// What ``Step/wait(milliseconds:)`` asked for.
  public mutating func elapsed() -> [Step] {
    switch stage {
    case .preparing where awaited.isEmpty: return next()
    case .searching: return decide()
    // The kernel takes its time to stop; the connection then waits for it.
    case .stopping(let device): return conclude(device)
    case .finding, .reading, .preparing:
      return fail("the kernel does not answer about its Bluetooth; see its log: dmesg")
    case .idle, .ended: return []
    }
  }

  private mutating func answered(_ command: [UInt8], _ status: UInt8, _ parameters: [UInt8]) -> [Step] {
    switch stage {
    case .finding:
      switch AdapterChoice(adapter, status: status, parameters) {
      case .adapter(let index):
        self.index = index
        stage = .reading
        return send(self.command(ManagementCommand.readInformation))
      case .none:
        return fail(
          adapter.map { "there is no Bluetooth adapter hci\($0); plug it in, or name another (hciconfig lists them)" }
            ?? "this machine has no Bluetooth adapter; plug one in (dmesg shows what the kernel thinks of it)")
      case .failed(let text): return fail(text)
      }
    case .reading:
      guard status == 0, let information = AdapterInformation(parameters) else {
        return fail(AdapterInformation.senseless(index))
      }
      return prepare(information)
    case .preparing, .searching:
      guard status == 0 else { return refused(command, status) }
      retries = 0
      return stage == .preparing ? next() : []
    case .stopping(let device): return conclude(device)
    case .idle, .ended: return []
    }
  }

  private mutating func prepare(_ information: AdapterInformation) -> [Step] {
    guard information.supported.contains(.lowEnergy) else {
      return fail("hci\(index): it has no Bluetooth LE; use an adapter that has")
    }
    guard information.hasAddress else {
      return fail("hci\(index): it has no address of its own; use another adapter")
    }
    own = information.address
    stage = .preparing
    tasks = []
    if !information.current.contains(.lowEnergy) { tasks.append(command(ManagementCommand.setLowEnergy, [1])) }
    let isPowered = information.current.contains(.powered)
    if restarts == 0 { wasPowered = isPowered }
    if !isPowered { tasks.append(command(ManagementCommand.setPowered, [1])) }
    return next()
  }

  /// Somebody else switched the adapter off: on again, but not for ever.
  private mutating func restart() -> [Step] {
    restarts += 1
    guard restarts <= KernelCentral.mostRestarts else {
      return fail("hci\(index): another program keeps switching it off; stop that program and try again")
    }
    isDiscovering = false
    stage = .reading
    return send(command(ManagementCommand.readInformation))
  }

  /// The next command that prepares the adapter, or the search.
  private mutating func next() -> [Step] {
    guard let command = tasks.first else {
      stage = .searching
      return [.wait(milliseconds: KernelCentral.patience)] + search()
    }
    tasks.removeFirst()
    return send(command)
  }

  private mutating func search() -> [Step] {
    isDiscovering = true
    return send(command(ManagementCommand.startDiscovery, KernelCentral.lowEnergyDevices))
  }

  private mutating func hear(_ device: NearbyDevice) -> [Step] {
    if let place = heard.firstIndex(where: { $0.shortID == device.shortID }) {
      // The address may have changed within the window; the name comes with the scan response only.
      heard[place].address = device.address
      heard[place].isRandom = device.isRandom
      if !device.name.isEmpty { heard[place].name = device.name }
    } else if heard.count < KernelCentral.mostDevices {
      heard.append(device)
    }
    guard let found = heard.first(where: { $0.shortID == device.shortID }), wanted.matches(found) else { return [] }
    if case .shortID = wanted { return stop(found) }
    guard !isGathering else { return [] }
    isGathering = true
    return [.wait(milliseconds: KernelCentral.gathering)]
  }

  /// Time is up: one device that matches is the one.
  private mutating func decide() -> [Step] {
    let matching = heard.filter(wanted.matches)
    if matching.count == 1 { return stop(matching[0]) }
    guard matching.isEmpty else {
      return fail(
        "several devices are in their setup window nearby: \(KernelCentral.list(matching)); choose one by its label's short id"
      )
    }
    let searched =
      switch wanted {
      case .shortID(let id): "device \(id.text)"
      case .name(let name): "device with the name \(name)"
      case .only: "device"
      }
    let others = heard.isEmpty ? "" : "; heard instead: \(KernelCentral.list(heard))"
    return fail(
      "no \(searched) is in its setup window nearby\(others); open its window (long press, or replenishctl setup) and go nearer"
    )
  }

  private mutating func stop(_ device: NearbyDevice) -> [Step] {
    stage = .stopping(device)
    return [.wait(milliseconds: KernelCentral.busyPause)]
      + send(command(ManagementCommand.stopDiscovery, KernelCentral.lowEnergyDevices))
  }

  private mutating func conclude(_ device: NearbyDevice) -> [Step] {
    isDiscovering = false
    stage = .ended
    return [.found(device, own: own)]
  }

  /// What the kernel's refusal of a command leads to.
  private mutating func refused(_ command: [UInt8], _ status: UInt8) -> [Step] {
    switch status {
    case 0x0A:  // busy
      retries += 1
      guard retries <= KernelCentral.mostRetries else {
        return fail("hci\(index): another program is busy with it, searching perhaps; stop that program and try again")
      }
      // The search comes after the tasks by itself.
      if command[0] != ManagementCommand.startDiscovery { tasks = [command] + tasks }
      stage = .preparing
      return [.wait(milliseconds: KernelCentral.busyPause)]
    case 0x0F: return restart()  // not powered
    case 0x11: return fail("hci\(index) was unplugged; plug it in and try again")
    case 0x12: return fail("hci\(index): rfkill blocks it; run: rfkill unblock bluetooth")
    case 0x14:
      return fail(
        "hci\(index): this program may not use Bluetooth; run it as root, or give it the capabilities CAP_NET_ADMIN and CAP_NET_RAW (setcap)"
      )
    default:
      return fail(
        "hci\(index): the kernel refused management command \(command[0]) (status \(status)); see its log: dmesg")
    }
  }

  private mutating func fail(_ text: String) -> [Step] {
    let packets = close()
    return packets.map { .manage($0) } + [.failed(text)]
  }

  private func command(_ code: UInt8, _ parameters: [UInt8] = []) -> [UInt8] {
    ManagementCommand.packet(code, index, parameters)
  }

  private mutating func send(_ command: [UInt8]) -> [Step] {
    awaited = command
    return [.manage(command)]
  }

  private static func list(_ devices: [NearbyDevice]) -> String {
    var text = ""
    for device in devices { text += (text.isEmpty ? "" : ", ") + device.title }
    return text
  }
}
