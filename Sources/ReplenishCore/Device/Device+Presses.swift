/// The sending of one press.
final class Dispatch {
  /// Where it stands.
  enum Phase: Equatable {
    /// It can be sent when its time has come.
    case waiting
    /// "Sending" is being written.
    case saving
    /// The request is under way.
    case underWay
  }

  /// The press.
  let id: PressID
  /// Where it stands.
  var phase: Phase
  /// When it can be sent again.
  var retry = Retry()
  /// Whether the token was renewed for this try already.
  var hasRefreshed = false

  init(id: PressID, phase: Phase = .waiting) {
    self.id = id
    self.phase = phase
  }
}

extension Device {
  func slotIndex(named name: String) -> Int? {
    configuration.slots.firstIndex { $0.name.isExactly(name) }
  }

  /// Takes a press of a slot: on disk first, then it counts.
  func press(slot index: Int, command: CommandID? = nil) {
    let slot = configuration.slots[index]
    if let lockedBy { return refusePress(index, command, Refusal(.storage, lockedBy)) }
    guard mayServe, let generation else {
      return refusePress(index, command, Refusal(.notLinked, Texts.notLinked))
    }
    if let open = journal.open(slot: slot.name) {
      guard isAcknowledged(open) else { return refusePress(index, command, Refusal(.busy, Texts.busy)) }
      // One thing runs out once: pressing again while it is on its way changes nothing.
      lights[index].outcome = nil
      if let command { reply(command, .noted(open.id)) }
      return raise(.press(report(open)))
    }
    guard let bytes = random.bytes(count: 16), let id = PressID(bytes) else {
      return refusePress(index, command, Refusal(.storage, Texts.noRandomness))
    }
    let entry = JournalEntry(id: id, slot: slot.name, generation: generation, pressed: stamp)
    // Where the order can leave at once, one write says both "noted" and "sending": half the wait for the disk.
    if isClockPlausible, stores.isEmpty, canAskAtOnce {
      entry.state = .sending
      entry.firstSend = stamp
    }
    journal.append(entry)
    journal.generation = max(journal.generation, generation)
    saveJournal(.noted(id, command))
  }

  private var canAskAtOnce: Bool {
    if configuration.cloud != nil { return true }
    guard let link, !linkRefresh.isSaving else { return false }
    return usableToken(link.credentials) != nil
  }

  private func refusePress(_ index: Int, _ command: CommandID?, _ refusal: Refusal) {
    if refusal.code == .notLinked {
      needUntil = now.uptime + DeviceLimits.needShown
    } else {
      lights[index].outcome = SlotLight.Outcome(.fault, until: now.uptime + DeviceLimits.needShown)
    }
    if let command { reply(command, .refused(refusal)) } else { fault(refusal.text) }
  }

  /// The press is on disk and thereby acknowledged; or it is not, and then it never was.
  func noted(_ id: PressID, _ command: CommandID?, _ outcome: StoreOutcome) {
    journalEnded(outcome == .durable)
    guard let entry = journal[id] else { return }
    if case .failed(let text) = outcome {
      journal.withdraw(id)
      if let index = slotIndex(named: entry.slot) {
        refusePress(index, command, Refusal(.storage, text))
      }
      return
    }
    if let index = slotIndex(named: entry.slot) { lights[index].outcome = nil }
    if let command { reply(command, .noted(id)) }
    // An unlink may have come while the disk worked; the press is void then, and shown so.
    raise(.press(report(entry)))
    guard entry.state.isOpen else { return }
    dispatches.append(Dispatch(id: id, phase: entry.state == .sending ? .saving : .waiting))
    if entry.state == .sending { sendingIsOnDisk(id, true) }
  }

  /// Ends the presses whose time is over.
  func expirePresses() {
    for entry in journal.entries where entry.state.isOpen {
      let phase = dispatch(entry.id)?.phase ?? .waiting
      guard phase == .waiting else { continue }
      if entry.state == .sending {
        if let cloud = configuration.cloud { cloud.expire(entry.id, self) } else { expireSending(entry) }
      } else {
        expireNoted(entry)
      }
    }
  }

  private func expireNoted(_ entry: JournalEntry) {
    guard let age = age(of: entry.pressed) else {
      // A clock a little behind the press is not set yet, and the press is young.
      if let clock = entry.pressed.clock, isClockPlausible, clock - now.clock <= ClockGate.correction { return }
      // Wait for the time of day, which may tell the age; if it cannot, the press is too old.
      if isClockPlausible { finish(entry.id, .expired, reason: Texts.ageUnknown) }
      return
    }
    if age >= configuration.pressLife { return finish(entry.id, .expired, reason: Texts.expired) }
    lookAgain(at: now.uptime + UInt64(configuration.pressLife - age) * 1000)
  }

  private func expireSending(_ entry: JournalEntry) {
    guard let firstSend = entry.firstSend else { return finish(entry.id, .inDoubt, reason: Texts.noAnswer) }
    if !firstSend.isOf(boot) && !now.isSynchronized { return awaitSynchronization(entry) }
    guard let age = age(of: firstSend) else {
      if isClockPlausible { finish(entry.id, .inDoubt, reason: Texts.noAnswer) }
      return
    }
    if age >= DeviceLimits.resendTime { return finish(entry.id, .inDoubt, reason: Texts.noAnswer) }
    lookAgain(at: now.uptime + UInt64(DeviceLimits.resendTime - age) * 1000)
  }

  /// Waits for the network to vouch for the clock before the age of an order of an earlier boot is believed: with the
  /// time saved before the power went, hours without power would count as minutes. It was sent before this start, so its
  /// time is over once this run is that long.
  private func awaitSynchronization(_ entry: JournalEntry) {
    if now.uptime >= startedAt + UInt64(DeviceLimits.resendTime) * 1000 {
      return finish(entry.id, .inDoubt, reason: Texts.noAnswer)
    }
    lookAgain(at: now.uptime + DeviceLimits.synchronizationLook)
  }

  /// Sends what is waiting.
  func advancePresses() {
    guard mayServe else { return }
    for entry in journal.entries where entry.state.isOpen && isAcknowledged(entry) {
      if dispatch(entry.id) == nil { dispatches.append(Dispatch(id: entry.id)) }
      guard let dispatch = dispatch(entry.id), dispatch.phase == .waiting, isDue(dispatch.retry.at) else { continue }
      guard configuration.cloud != nil || linkToken() != nil else { continue }
      if entry.state == .sending {
        // Not before its age is known; see awaitSynchronization.
        let isKnown = entry.firstSend?.isOf(boot) == true || now.isSynchronized
        if isKnown || configuration.cloud != nil { sendOrder(entry) }
      } else {
        dispatch.phase = .saving
        let stamp = stamp
        journal.update(entry.id) {
          $0.state = .sending
          $0.firstSend = stamp
          $0.isUncertain = false
        }
        saveJournal(.sending(entry.id))
      }
    }
  }

  /// Whether the press is on disk: one still being written has its `.noted` ahead.
  func isAcknowledged(_ entry: JournalEntry) -> Bool {
    !stores.contains { after in
      if case .noted(let id, _) = after { return id == entry.id }
      return false
    }
  }

  /// "Sending" is on disk, so the order may leave; or it is not, and then it must not.
  func sendingIsOnDisk(_ id: PressID, _ isDurable: Bool) {
    journalEnded(isDurable)
    guard let entry = journal[id], entry.state == .sending else { return }
    // The clock may have been set back while the disk worked: then nothing is sent.
    guard isDurable, mayServe, isClockPlausible else {
      journal.update(id) {
        $0.state = .noted
        $0.firstSend = nil
      }
      dispatch(id)?.phase = .waiting
      dispatch(id)?.retry.failed(at: now.uptime, .storage, random: random)
      return
    }
    sendOrder(entry)
  }

  private func sendOrder(_ entry: JournalEntry) {
    guard entry.generation == generation, let index = slotIndex(named: entry.slot),
      askToOrder(entry, slotID: configuration.slots[index].slotID)
    else {
      // The token ran out while the disk worked.
      dispatch(entry.id)?.phase = .waiting
      if !entry.isUncertain { backToNoted(entry.id) }
      return
    }
    dispatch(entry.id)?.phase = .underWay
  }

  private func askToOrder(_ entry: JournalEntry, slotID: String) -> Bool {
    guard let cloud = configuration.cloud else { return ask(.replenish(slot: slotID), .replenish(entry.id)) }
    let request = cloud.request(press: entry.id, slotID: slotID, age: age(of: entry.pressed))
    send(request, .replenish(entry.id), generation: journal.generation)
    return true
  }

  /// Takes DRS's answer to an order.
  func takeReplenishment(_ outcome: HTTPOutcome, _ id: PressID, _ request: OpenRequest) {
    dispatch(id)?.phase = .waiting
    if journal[id]?.state.isOpen != true { dispatches.removeAll { $0.id == id } }
    switch outcome {
    case .failed(let failure):
      tryAgain(id, explain(failure), isUncertain: failure.mayHaveBeenSent)
    case .answered(let answer):
      do throws(DashError) {
        if let cloud = configuration.cloud {
          try cloud.takePress(answer, id, self)
        } else {
          ordered(id, try ReplenishAnswer.read(answer))
        }
      } catch {
        refused(id, error, request)
      }
    }
  }

  private func ordered(_ id: PressID, _ answer: ReplenishAnswer) {
    let instanceID = answer.eventInstanceID
    switch answer.detail {
    case .standardOrderPlaced: finish(id, .ordered, instanceID: instanceID)
    case .testOrderPlaced: finish(id, .testOrdered, instanceID: instanceID)
    case .orderInProgress: finish(id, .alreadyOrdered, instanceID: instanceID)
    // A 200 means that DRS took it; sending it again could double it.
    case .other: finish(id, .inDoubt, instanceID: instanceID, reason: Texts.unknownDetail)
    }
  }

  private func refused(_ id: PressID, _ error: DashError, _ request: OpenRequest) {
    guard let entry = journal[id], entry.state == .sending else { return }
    if error.isInvalidToken {
      refuseToken(request.token)
      let isFirst = dispatch(id)?.hasRefreshed == false
      dispatch(id)?.hasRefreshed = true
      // A refused token means that this request ordered nothing. One renewal at once, then with patience.
      return tryAgain(id, error.explanation, isUncertain: false, atOnce: isFirst)
    }
    if error.isRetryable {
      return tryAgain(id, error.explanation, isUncertain: true, retryAfter: error.retryAfter)
    }
    // Refused for good. If an earlier try got no answer, that one may still have been an order.
    finish(id, entry.isUncertain ? .inDoubt : .refused, reason: error.explanation)
  }

  /// Sends a press again later. One that certainly ordered nothing goes back to "noted", on disk too.
  func tryAgain(
    _ id: PressID, _ text: String, isUncertain: Bool, retryAfter: Int? = nil, atOnce: Bool = false
  ) {
    guard let entry = journal[id], entry.state == .sending else { return }
    lastFailure = (text, now.uptime)
    let staysUncertain = entry.isUncertain || isUncertain
    journal.update(id) { $0.isUncertain = staysUncertain }
    if !staysUncertain { backToNoted(id) }
    // The cloud may be asked about a press for as long as the press lives, DRS for minutes.
    let schedule: RetrySchedule = staysUncertain && configuration.cloud == nil ? .order : .network
    if !atOnce { dispatch(id)?.retry.failed(at: now.uptime, schedule, random: random, retryAfter: retryAfter) }
    if let entry = journal[id], dispatch(id)?.retry.failures == 1 { raise(.press(report(entry))) }
  }

  /// Puts a press of which nothing reached the service back to where it was before its first send.
  private func backToNoted(_ id: PressID) {
    journal.update(id) {
      $0.state = .noted
      $0.firstSend = nil
    }
    saveJournal()
  }

  /// Ends a press. A late answer may still settle one that was in doubt.
  func finish(_ id: PressID, _ state: PressReport.State, instanceID: String? = nil, reason: String = "") {
    guard let entry = journal[id], entry.state.isOpen || entry.state == .inDoubt else { return }
    journal.update(id) { $0.close(state, instanceID: instanceID, reason: reason) }
    dispatches.removeAll { $0.id == id }
    saveJournal(.outcome(id))
  }

  func dispatch(_ id: PressID) -> Dispatch? { dispatches.first { $0.id == id } }

  /// A press as the firmware and the status see it.
  func report(_ entry: JournalEntry) -> PressReport {
    PressReport(
      slot: entry.slot, id: entry.id, state: entry.state, instanceID: entry.instanceID,
      age: age(of: entry.pressed), reason: entry.reason)
  }
}
