/// The light of one slot.
final class SlotLight {
  /// Something to show for a while.
  struct Outcome: Equatable {
    /// The signal.
    let signal: LightSignal
    /// Until when, in uptime milliseconds; nil until the next press.
    let until: UInt64?

    init(_ signal: LightSignal, until: UInt64?) {
      self.signal = signal
      self.until = until
    }
  }

  /// What it shows.
  var shown = LightSignal.off
  /// What became of the last press.
  var outcome: Outcome?
}

extension Device {
  /// Takes an edge of a button.
  func takeEdge(slot: Int, isDown: Bool) {
    guard buttons.indices.contains(slot) else { return }
    // Whoever touches it has found it, and is to see what becomes of the press.
    identifyUntil = nil
    if let gesture = buttons[slot].edge(isDown: isDown, at: now.uptime) { take(gesture, slot: slot) }
  }

  /// Notices buttons that are held.
  func advanceButtons() {
    for (slot, button) in buttons.enumerated() {
      if let gesture = button.wake(at: now.uptime) { take(gesture, slot: slot) }
      if let deadline = button.deadline { lookAgain(at: deadline) }
    }
  }

  private func take(_ gesture: ButtonDecoder.Gesture, slot: Int) {
    switch gesture {
    case .press: press(slot: slot)
    case .longPress:
      if let cloud = configuration.cloud { return cloud.announce(self, nil) }
      if let lockedBy { return fault(lockedBy) }
      if credential == nil { fault(Texts.noSetupCode) } else { openWindow() }
    }
  }

  /// Shows and tells what became of a press.
  func showOutcome(of entry: JournalEntry) {
    show(entry)
    raise(.press(report(entry)))
  }

  /// Shows what became of a press. What a person must act on stays until the next press.
  func show(_ entry: JournalEntry) {
    guard let index = slotIndex(named: entry.slot) else { return }
    let soon = now.uptime + DeviceLimits.outcomeShown
    lights[index].outcome =
      switch entry.state {
      case .noted, .sending: nil
      case .ordered, .testOrdered: SlotLight.Outcome(.ordered, until: soon)
      case .alreadyOrdered: SlotLight.Outcome(.alreadyOrdered, until: soon)
      case .inDoubt: SlotLight.Outcome(.inDoubt, until: nil)
      case .void, .expired, .refused: SlotLight.Outcome(.notOrdered, until: nil)
      }
  }

  /// Changes the lights that ought to show something else.
  func showLights() {
    for light in lights {
      if let until = light.outcome?.until, isDue(until) { light.outcome = nil }
    }
    if let until = needUntil, isDue(until) || link?.phase == .linked { needUntil = nil }
    for (index, light) in lights.enumerated() {
      let signal = signal(slot: index)
      guard light.shown != signal else { continue }
      light.shown = signal
      effects.append(.light(slot: index, signal))
    }
  }

  private func signal(slot index: Int) -> LightSignal {
    if identifyUntil != nil { return .identify }
    if lockedBy != nil { return .fault }
    if let entry = journal.open(slot: configuration.slots[index].name), isAcknowledged(entry) {
      let failures = (dispatch(entry.id)?.retry.failures ?? 0) + linkRefresh.retry.failures
      return failures > 0 ? .retrying : .noted
    }
    if let outcome = lights[index].outcome { return outcome.signal }
    if window.phone?.connection.isProved == true || !linking.isIdle { return .linking }
    if openUntil != nil { return .setupOpen }
    return needUntil != nil ? .needsLinking : .off
  }
}
