import CJansson
import COpenSSL
import CReplenish
import ReplenishCCommon
import ReplenishCore

/// What stands behind a `replenish_core`: the state machine, the firmware's callbacks, and what runs between them.
final class CCore {
  let door: FrontDoor
  let credential: SetupCredential?
  private let firmware: Firmware
  private let records: CRecords
  private let device: Device
  private var inputs: [Input] = []
  private var isTurning = false
  private(set) var isStarted = false
  private var lastCommand: UInt64 = 0
  private var questions: [Question] = []

  init(
    _ configuration: Configuration, _ firmware: Firmware
  ) throws(CoreFault) {
    guard let model = configuration.model else { throw CoreFault.missing("model", "replenish_config_set_model") }
    guard let serial = configuration.serial else {
      throw CoreFault.missing("serial number", "replenish_config_set_serial")
    }
    guard !configuration.device.slots.isEmpty else { throw CoreFault.missing("slot", "replenish_config_add_slot") }
    self.firmware = firmware
    credential = configuration.credential
    records = CRecords(firmware)
    let random = CRandom(firmware)
    CCore.seedJSON(random)
    var settings = configuration.device
    // Without a way for a phone there is no window to open by itself.
    if firmware.calls.open_window == nil { settings.opensSetupAtStart = false }
    device = Device(
      settings, identity: DeviceIdentity(model: model, serial: serial, serialSource: "configuration"),
      credential: credential, random: random)
    door = FrontDoor(slots: settings.slots.map { $0.name }, log: configuration.log)
    door.obstacle = { [unowned(unsafe) self] in obstacle }
    door.perform = { [unowned(unsafe) self] command, take in ask(command, take) }
  }

  /// jansson's hash tables are seeded once for the process. Left to itself it would open /dev/urandom.
  private static func seedJSON(_ random: CRandom) {
    guard let bytes = random.bytes(count: MemoryLayout<Int>.size) else { return }
    json_object_seed(bytes.reduce(0) { $0 << 8 | Int($1) } | 1)
  }

  /// Why nothing can be asked or told now; 0 if it can.
  var obstacle: Int32 {
    if door.isTelling { return door.failure.note(EBUSY, FrontDoor.isCalledFromLog) }
    return isStarted ? 0 : door.failure.note(EBADFD, "the core is not started: call replenish_core_start")
  }

  func start(boot: String) -> Int32 {
    guard !door.isTelling else { return obstacle }
    guard !isStarted else { return door.failure.note(EALREADY, "the core was started before") }
    isStarted = true
    give(.start(RecordFindings { records.find($0) }, BootIdentity(boot.bytes)))
    return 0
  }

  var deadline: UInt64? { device.deadline }

  private func ask(_ command: Command, _ take: @escaping (Reply) -> Void) {
    lastCommand += 1
    let id = CommandID(lastCommand)
    questions.append(Question(id, take))
    give(.command(id, command))
  }

  // MARK: Turning

  /// Tells the core what happened: 0, or why it cannot be told.
  func tell(_ input: Input) -> Int32 {
    guard obstacle == 0 else { return obstacle }
    give(input)
    return 0
  }

  /// An input that comes while another is handled, from a callback, waits for it.
  private func give(_ input: Input) {
    inputs.append(input)
    guard !isTurning else { return }
    isTurning = true
    while !inputs.isEmpty {
      for effect in device.handle(inputs.removeFirst(), at: now()) { perform(effect) }
    }
    isTurning = false
  }

  private func now() -> Moment {
    var moment = replenish_core_moment()
    firmware.calls.now?(firmware.userdata, &moment)
    return Moment(uptime: moment.uptime, clock: moment.clock, isSynchronized: moment.is_synchronized != 0)
  }

  private func perform(_ effect: Effect) {
    switch effect {
    case .store(let kind, let contents): give(.stored(kind, records.write(kind, contents)))
    case .remove(let kind): give(.stored(kind, records.remove(kind)))
    case .request(let id, let request):
      let error = CRequest.send(request, id, firmware)
      guard error < 0 else { return }
      give(.answer(id, .failed(TransportFailure(.local, mayHaveBeenSent: false))))
    case .light(let slot, let signal): door.show(signal, slot: slot)
    case .raise(let event): door.raise(event)
    case .reply(let id, let reply):
      guard let index = questions.firstIndex(where: { $0.id == id }) else { return }
      questions.remove(at: index).take(reply)
    case .openWindow: openWindow()
    case .closeWindow: firmware.calls.close_window?(firmware.userdata)
    case .transmit(let packet):
      packet.withUnsafeBytes { bytes in firmware.calls.send?(firmware.userdata, bytes.baseAddress, bytes.count) }
    case .disconnectPhone: firmware.calls.disconnect?(firmware.userdata)
    }
  }

  private func openWindow() {
    guard let open = firmware.calls.open_window else {
      return give(.windowFailed("this firmware has no way for a phone to come in"))
    }
    let error = open(firmware.userdata)
    if error < 0 { give(.windowFailed(composed("no phone can come in: the board's Bluetooth gave error \(error)"))) }
  }
}

/// The firmware's callbacks, and what they are given.
final class Firmware {
  let calls: replenish_core_callbacks
  let userdata: UnsafeMutableRawPointer?

  init(_ calls: replenish_core_callbacks, _ userdata: UnsafeMutableRawPointer?) {
    self.calls = calls
    self.userdata = userdata
  }
}

/// A command that is not answered yet.
private final class Question {
  let id: CommandID
  let take: (Reply) -> Void

  init(_ id: CommandID, _ take: @escaping (Reply) -> Void) {
    self.id = id
    self.take = take
  }
}

/// Why a core could not be made.
struct CoreFault: Error {
  let text: String

  static func missing(_ what: StaticString, _ function: StaticString) -> CoreFault {
    CoreFault(text: composed("the configuration has no \(what): call \(function)"))
  }
}
