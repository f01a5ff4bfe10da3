import CReplenish
import ReplenishCore

/// What the whole device and the core alone have in common towards C: the queue of events, questions, and the status.
public final class FrontDoor {
  /// Events that wait at most; the oldest that is no answer is dropped beyond.
  static let mostEvents = 256
  /// Answers that wait at most before new questions are refused.
  static let mostAnswers = 64

  /// Why a call from the log function fails.
  package static var isCalledFromLog: Wording { "the device is called from its log function: call it later" }

  /// Why the last call failed.
  public let failure = Failure()
  /// The names of the slots, as buttons and lights count them.
  public let slots: [String]
  /// Gives a command to the device.
  public var perform: (Command, @escaping (Reply) -> Void) -> Void = { _, _ in }
  /// Why nothing may be asked now, as a negative errno; 0 if it may. It also words the reason.
  public var obstacle: () -> Int32 = { 0 }
  /// Fetches what the device has raised so far, so that the queue has everything in its order.
  public var collect: () -> Void = {}
  /// Called when the queue got an event.
  public var onWaiting: () -> Void = {}

  /// Whether the firmware's log function runs now, which must not call the device.
  public private(set) var isTelling = false

  private let log: LogSink
  private var waiting: [Notice] = []
  private var openRequests = 0
  private var waitingAnswers = 0
  private var lastRequest: UInt64 = 0
  private var lights: [LightSignal]
  private var statusTexts = CTexts()
  private var pressTexts = CTexts()
  private var json: CText?

  /// Makes a door to a device with these slots.
  public init(slots: [String], log: LogSink) {
    self.slots = slots
    self.log = log
    lights = slots.map { _ in .off }
  }

  // MARK: Events

  /// Something happened.
  public func raise(_ event: Event) { add(Notice(event)) }

  /// Something that only the log should have.
  public func tell(_ priority: LogSink.Priority, _ text: String) {
    isTelling = true
    log.write(priority, text)
    isTelling = false
  }

  /// A light is to show a signal. Of those that wait for one slot, only the newest matters.
  public func show(_ signal: LightSignal, slot: Int) {
    guard lights.indices.contains(slot), lights[slot] != signal else { return }
    lights[slot] = signal
    let name = slots[slot]
    for (index, notice) in waiting.enumerated() {
      guard notice.type == REPLENISH_EVENT_LIGHT, notice.slot?.isExactly(name) == true else { continue }
      waiting.remove(at: index)
      break
    }
    add(Notice(slot: name, signal))
  }

  private func add(_ notice: Notice) {
    if !notice.isAnswer && notice.type != REPLENISH_EVENT_LIGHT { tell(notice.priority, notice.text) }
    if waiting.count - waitingAnswers >= FrontDoor.mostEvents, !notice.isAnswer,
      let oldest = waiting.firstIndex(where: { !$0.isAnswer })
    {
      waiting.remove(at: oldest)
    }
    waiting.append(notice)
    if notice.isAnswer { waitingAnswers += 1 }
    onWaiting()
  }

  /// Whether an event waits.
  public var hasEvents: Bool { !waiting.isEmpty }

  /// Hands the oldest event out: 1, or 0 if there is none.
  public func next(_ event: UnsafeMutablePointer<OpaquePointer?>?) -> Int32 {
    guard let event else { return failure.note(EINVAL, "the place for the event is a null pointer") }
    guard !isTelling else { return failure.note(EBUSY, FrontDoor.isCalledFromLog) }
    collect()
    guard !waiting.isEmpty else { return 0 }
    let notice = waiting.removeFirst()
    if notice.isAnswer { waitingAnswers -= 1 }
    event.pointee = Handle.make(notice)
    return 1
  }

  // MARK: Questions

  /// Asks for something; the answer is an event with the number that `request` is set to.
  func ask(_ command: Command, slot: String? = nil, _ request: UnsafeMutablePointer<UInt64>?) -> Int32 {
    let error = obstacle()
    guard error == 0 else { return error }
    guard waitingAnswers + openRequests < FrontDoor.mostAnswers else {
      return failure.note(EAGAIN, "\(FrontDoor.mostAnswers) answers wait: take them before asking more")
    }
    lastRequest += 1
    let number = lastRequest
    openRequests += 1
    perform(command) { [unowned(unsafe) self] reply in
      collect()
      openRequests -= 1
      if let notice = Notice(reply, request: number, slot: slot) { add(notice) }
    }
    request?.pointee = number
    return 0
  }

  /// Asks for something that concerns a slot.
  func ask(
    slot: UnsafePointer<CChar>?, _ request: UnsafeMutablePointer<UInt64>?, _ command: (String) -> Command
  ) -> Int32 {
    var index = 0
    let error = find(slot, &index)
    guard error == 0 else { return error }
    return ask(command(slots[index]), slot: slots[index], request)
  }

  /// Finds a slot by its name: 0, -EINVAL or -ENOENT.
  public func find(_ slot: UnsafePointer<CChar>?, _ index: inout Int) -> Int32 {
    guard let name = CText.read(slot) else {
      return failure.note(EINVAL, "the slot's name is a null pointer or no UTF-8")
    }
    guard let found = slots.firstIndex(where: { $0.isExactly(name) }) else {
      return failure.note(ENOENT, text: Texts.unknownSlot(name, known: slots))
    }
    index = found
    return 0
  }

  // MARK: What it knows now

  /// The status; nil if nothing may be asked.
  private func status(_ error: inout Int32) -> DeviceStatus? {
    error = obstacle()
    guard error == 0 else { return nil }
    var found: DeviceStatus?
    perform(.status) { reply in if case .status(let status) = reply { found = status } }
    if case nil = found {
      error = failure.note(EBUSY, "the device is in the middle of a call: ask outside of callbacks")
    }
    return found
  }

  /// Fills a structure with the status.
  public func status(_ place: UnsafeMutablePointer<replenish_status>?, _ size: Int) -> Int32 {
    guard let place, size >= MemoryLayout<replenish_status>.size else {
      return failure.note(EINVAL, "the place for the status is a null pointer or too small: give sizeof its type")
    }
    var error: Int32 = 0
    guard let status = status(&error) else { return error }
    statusTexts = CTexts()
    _ = Sized.write(replenish_status(status, statusTexts), to: place, size)
    return 0
  }

  /// The status as JSON.
  public func statusJSON(_ place: UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> Int32 {
    guard let place else { return failure.note(EINVAL, "the place for the text is a null pointer") }
    var error: Int32 = 0
    guard let status = status(&error) else { return error }
    let text = CText(status.encoded())
    json = text
    place.pointee = text.pointer
    return 0
  }

  /// Fills a structure with a press, the newest counting 0.
  public func press(_ index: Int, _ place: UnsafeMutablePointer<replenish_press>?, _ size: Int) -> Int32 {
    guard let place, size >= MemoryLayout<replenish_press>.size else {
      return failure.note(EINVAL, "the place for the press is a null pointer or too small: give sizeof its type")
    }
    var error: Int32 = 0
    guard let status = status(&error) else { return error }
    guard status.presses.indices.contains(index) else {
      return failure.note(ENOENT, "there are \(status.presses.count) presses: count them from 0")
    }
    pressTexts = CTexts()
    _ = Sized.write(replenish_press(status.presses[index], pressTexts), to: place, size)
    return 0
  }

  /// What the light of a slot says now.
  public func light(_ slot: UnsafePointer<CChar>?) -> Int32 {
    var index = 0
    let error = find(slot, &index)
    guard error == 0 else { return error }
    return Int32(bitPattern: Notice.number(lights[index]).rawValue)
  }
}

extension replenish_status {
  /// A status in the words of C; `texts` keeps its texts.
  init(_ status: DeviceStatus, _ texts: CTexts) {
    self.init(
      failure: texts.keep(status.failure?.text), failure_age: status.failure?.age ?? -1,
      refresh_age: status.refreshAge ?? -1, generation: status.generation.map(Int64.init) ?? 0,
      window_seconds: status.windowSeconds.map(Int64.init) ?? -1, guess_wait: Int64(status.guesses.waitSeconds),
      failed_guesses: Int32(clamping: status.guesses.failed),
      link: Int32(bitPattern: Linkage.number(status.link).rawValue), is_sealed: status.protection == .sealed ? 1 : 0,
      is_test_device: status.isTestDevice ? 1 : 0, has_setup_record: status.hasSetupRecord ? 1 : 0,
      is_clock_plausible: status.isClockPlausible ? 1 : 0)
  }
}
