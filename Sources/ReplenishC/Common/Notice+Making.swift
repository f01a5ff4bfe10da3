import CReplenish
import ReplenishCore

extension Notice {
  /// What happened.
  convenience init(_ event: Event) {
    switch event {
    case .linked: self.init(REPLENISH_EVENT_LINKED, "linked: an Amazon account stands behind the device")
    case .unlinked(let why):
      self.init(REPLENISH_EVENT_UNLINKED, "not linked any more: \(why)")
      priority = .warning
    case .deregistered: self.init(REPLENISH_EVENT_DEREGISTERED, "the registration at Amazon is ended")
    case .erased: self.init(REPLENISH_EVENT_ERASED, "factory reset complete")
    case .press(let report):
      self.init(REPLENISH_EVENT_PRESS, Notice.line(report))
      press = report
      slot = report.slot
      switch report.state {
      case .inDoubt, .refused, .void, .expired: priority = .warning
      default: break
      }
    case .setupOpened(let seconds):
      self.init(REPLENISH_EVENT_SETUP_OPENED, "setup window open for \(seconds) s")
      value = Int64(seconds)
    case .setupClosed: self.init(REPLENISH_EVENT_SETUP_CLOSED, "setup window closed")
    case .setupGuessed(let failures):
      self.init(REPLENISH_EVENT_SETUP_GUESSED, "a phone tries a setup code (\(failures) without success so far)")
      value = Int64(failures)
    case .setupProved: self.init(REPLENISH_EVENT_SETUP_PROVED, "a phone proved the setup code")
    case .linkingFailed(let why):
      self.init(REPLENISH_EVENT_LINKING_FAILED, "linking failed: \(why)")
      priority = .warning
    case .clockSet: self.init(REPLENISH_EVENT_CLOCK_SET, "the clock can be right: network calls begin")
    case .identify: self.init(REPLENISH_EVENT_IDENTIFY, "asked which device this is")
    case .fault(let text):
      self.init(REPLENISH_EVENT_FAULT, Wording(text))
      priority = .error
    }
  }

  /// A light that changed.
  convenience init(slot: String, _ signal: LightSignal) {
    self.init(REPLENISH_EVENT_LIGHT, "slot \(slot) light: \(signal.meaning)")
    self.slot = slot
    value = Int64(Notice.number(signal).rawValue)
  }

  /// An answer; nil for one that has no event since its question is asked in another way.
  convenience init?(_ reply: Reply, request: UInt64, slot: String?) {
    switch reply {
    case .done: self.init(REPLENISH_EVENT_DONE, "done")
    case .noted(let id):
      let report = PressReport(slot: slot ?? "", id: id, state: .noted, age: 0)
      self.init(REPLENISH_EVENT_NOTED, Notice.line(report))
      press = report
    case .slots(let slots):
      self.init(REPLENISH_EVENT_SLOTS, "\(slots.count) slots are known to the service")
      rows = .slots(slots)
    case .order(let order):
      self.init(REPLENISH_EVENT_ORDER, "the order has \(order.items.count) items")
      rows = .items(order.items)
    case .cancelled(let slots):
      self.init(REPLENISH_EVENT_CANCELLED, "the service answered for \(slots.count) slots")
      rows = .cancelled(slots)
    case .refused(let refusal):
      self.init(REPLENISH_EVENT_REFUSED, Wording(refusal.text))
      error = -Notice.errorNumber(refusal.code)
    case .status, .identity: return nil
    }
    self.request = request
    self.slot = slot
  }

  private static func line(_ report: PressReport) -> Wording {
    var text: Wording = "slot \(report.slot): \(report.state.rawValue)"
    if let instanceID = report.instanceID { text = "\(text) (\(instanceID))" }
    if !report.reason.isEmpty { text = "\(text): \(report.reason)" }
    return text
  }

  /// A light's signal as a number of the C header.
  static func number(_ signal: LightSignal) -> replenish_light {
    switch signal {
    case .off: REPLENISH_LIGHT_OFF
    case .noted: REPLENISH_LIGHT_NOTED
    case .ordered: REPLENISH_LIGHT_ORDERED
    case .alreadyOrdered: REPLENISH_LIGHT_ALREADY_ORDERED
    case .retrying: REPLENISH_LIGHT_RETRYING
    case .inDoubt: REPLENISH_LIGHT_IN_DOUBT
    case .notOrdered: REPLENISH_LIGHT_NOT_ORDERED
    case .needsLinking: REPLENISH_LIGHT_NEEDS_LINKING
    case .setupOpen: REPLENISH_LIGHT_SETUP_OPEN
    case .linking: REPLENISH_LIGHT_LINKING
    case .identify: REPLENISH_LIGHT_IDENTIFY
    case .fault: REPLENISH_LIGHT_FAULT
    }
  }

  /// The errno of a refusal, as the C header lists them.
  static func errorNumber(_ code: Refusal.Code) -> Int32 {
    switch code {
    case .unknownSlot: ENOENT
    case .notLinked: ENOTCONN
    case .noSetupCode: ENOKEY
    case .storage: EIO
    case .unreachable: EHOSTUNREACH
    case .service: EREMOTEIO
    case .clockNotSet: EAGAIN
    case .malformedAnswer: EBADMSG
    case .busy: EBUSY
    case .badRequest: EINVAL
    case .notPermitted: EPERM
    }
  }
}
