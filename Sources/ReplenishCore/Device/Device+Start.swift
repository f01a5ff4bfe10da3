extension Device {
  /// Rebuilds the device from its records.
  func start(_ findings: RecordFindings, _ boot: BootIdentity) {
    self.boot = boot
    startedAt = now.uptime
    for kind in RecordKind.allCases {
      switch findings[kind] {
      case .newer(let version): lockedBy = Texts.newerRecord(kind, version: version)
      // What cannot be read now must not be taken for gone, and written over.
      case .inaccessible(let text): lockedBy = text
      default: break
      }
    }
    attempts = AttemptLimit(findings[.attempts], at: now.uptime)
    upkeep = Upkeep(findings[.upkeep])
    if let seen = upkeep.lastSeen { clock.saw(seen) }
    if case .absent = findings[.erasing] {} else { erasure = Erasure() }
    // A reset that has begun goes on; nothing else does, beside records that may not be touched.
    if let lockedBy, erasure == nil { return fault(lockedBy) }
    lockedBy = nil

    let journalNeedsSaving = startJournal(findings[.journal])
    startLink(findings[.link], farewell: findings[.farewell])
    if let cloud = configuration.cloud {
      let hadLink = if case .absent = findings[.link] { false } else { true }
      cloud.start(self, hadLink: hadLink)
    }

    let ended = voidForeignPresses()
    if journalNeedsSaving || !ended.isEmpty { saveJournal() }
    for entry in ended { showOutcome(of: entry) }
    for slot in configuration.slots {
      // What a person must act on stays until the next press, whatever is unplugged.
      if let last = journal.entries.last(where: { $0.slot.isExactly(slot.name) }), last.needsPerson { show(last) }
    }
    if configuration.cloud == nil { upkeep.isLinkedAtCloud = false }
    if link == nil && !upkeep.isLinkedAtCloud { needUntil = now.uptime + DeviceLimits.needShown }
    let isAlone = link == nil && configuration.cloud == nil && erasure == nil
    if isAlone && configuration.opensSetupAtStart { openWindow() }
  }

  /// Ends the presses of another link, and those of slots that are no more. Returns those it ended.
  private func voidForeignPresses() -> [JournalEntry] {
    var ended = journal.void(except: generation, reason: Texts.linkEnded)
    for entry in journal.entries where entry.state.isOpen {
      // One open press for each slot of the configuration; a journal that has more is not of our making.
      guard slotIndex(named: entry.slot) == nil || journal.open(slot: entry.slot)?.id != entry.id else { continue }
      journal.update(entry.id) {
        $0.close(entry.state == .sending ? .inDoubt : .void, reason: Texts.slotRemoved)
        ended.append($0)
      }
    }
    return ended
  }

  /// Reads the journal; true if what is in memory now is not what is on disk.
  private func startJournal(_ finding: RecordFinding) -> Bool {
    switch finding {
    case .absent, .inaccessible, .newer: return false
    case .whole(let record):
      if let found = Journal(record) {
        journal = found
        return false
      }
    case .previous(let record):
      if let found = Journal(record) {
        journal = found
        for entry in journal.doubtAll(reason: Texts.journalFellBack) { showOutcome(of: entry) }
        doubtSlots(reason: Texts.journalFellBack)
        return true
      }
    case .unreadable: break
    }
    doubtSlots(reason: Texts.journalLost)
    return true
  }

  /// Puts every slot in doubt. What the damaged copy held is unknown, and to hide that would be to hide a press.
  private func doubtSlots(reason: String) {
    fault(reason)
    for slot in configuration.slots {
      let last = journal.entries.last { $0.slot.isExactly(slot.name) }
      guard last?.state != .inDoubt else { continue }
      guard let bytes = random.bytes(count: 16), let id = PressID(bytes) else { continue }
      let entry = JournalEntry(id: id, slot: slot.name, generation: 0, pressed: stamp)
      entry.close(.inDoubt, reason: reason)
      journal.append(entry)
    }
  }

  /// Reads the link, unless its end is on record.
  private func startLink(_ finding: RecordFinding, farewell farewellFinding: RecordFinding) {
    var found: Link?
    switch finding {
    case .whole(let record), .previous(let record):
      found = Link(record)
      if found == nil { fault(Texts.linkUnreadable) }
    case .unreadable: fault(Texts.linkUnreadable)
    case .absent, .inaccessible, .newer: break
    }
    var farewellIsUnreadable = false
    switch farewellFinding {
    case .whole(let record), .previous(let record):
      farewell = Farewell(record)
      farewellIsUnreadable = farewell == nil
    case .unreadable: farewellIsUnreadable = true
    case .absent, .inaccessible, .newer: break
    }
    let generation = found?.credentials.generation ?? 0
    let ended = farewell?.credentials.generation ?? 0
    // A farewell that cannot be read still says that the owner ended a link: no order may follow it.
    if found != nil && (farewellIsUnreadable || ended >= generation || journal.generation > generation) {
      found = nil
      removeLink()
    }
    link = found
    journal.generation = max(journal.generation, generation, ended)
    if found != nil && farewell != nil { dropFarewell() }
    if farewellIsUnreadable { dropFarewell() }
  }
}
