/// A factory reset: begun on disk before anything goes, so that a loss of power half-way cannot stop it.
struct Erasure {
  /// Who asked, until answered.
  var command: CommandID?
  /// Whether a step is being written.
  var isBusy = false
  /// Whether link, journal and upkeep are gone and only the deregistration is left.
  var isLocallyDone = false
  /// Whether a part of this round could not be removed.
  var hasFailed = false
  /// When to try again what could not be written.
  var retry = Retry()
}

extension Device {
  /// Begins a factory reset. The factory's record and the count of failed guesses stay.
  func erase(_ command: CommandID) {
    guard erasure == nil else { return refuse(command, .busy, Texts.erasureIsUnderWay) }
    closeWindow()
    // A code that is at LWA just now must not become a link after the reset.
    linking = Linking()
    erasure = Erasure(command: command, isBusy: true)
    store(.erasing, Secret(copying: "{}"), .erasing)
  }

  func erasingIsOnDisk(_ outcome: StoreOutcome) {
    if case .failed(let text) = outcome {
      if let command = erasure?.command { refuse(command, .storage, text) }
      erasure = nil
      return
    }
    erasure?.isBusy = false
    lockedBy = nil
  }

  /// Takes the next step.
  func advanceErasure() {
    guard let erasure, !erasure.isBusy, !farewellState.isEnding, isDue(erasure.retry.at) else { return }
    if !erasure.isLocallyDone {
      self.erasure?.isBusy = true
      if link != nil { endLink(nil) } else { eraseLocally() }
    } else if farewell == nil, configuration.cloud?.isForgotten != false {
      self.erasure?.isBusy = true
      remove(.erasing, .erased)
    }
  }

  func eraseLocally() {
    erasure?.hasFailed = false
    remove(.link, .erasurePart(isLast: false))
    // One that was never loaded, beside records of a later firmware, goes without a word to the service.
    if farewell == nil { remove(.farewell, .erasurePart(isLast: false)) }
    remove(.journal, .erasurePart(isLast: false))
    remove(.upkeep, .erasurePart(isLast: true))
  }

  func erasurePartEnded(_ isDurable: Bool, isLast: Bool) {
    if !isDurable { erasure?.hasFailed = true }
    guard isLast else { return }
    erasure?.isBusy = false
    guard let erasure, !erasure.hasFailed else {
      self.erasure?.retry.failed(at: now.uptime, .storage, random: random)
      return
    }
    clock = ClockGate(floor: configuration.clockFloor)
    journal = Journal()
    upkeep = Upkeep()
    dispatches = []
    journalRetry = Retry()
    linkRetry = Retry()
    lastFailure = nil
    for light in lights { light.outcome = nil }
    self.erasure?.isLocallyDone = true
    if let command = erasure.command { reply(command, .done) }
    self.erasure?.command = nil
  }

  func erasureEnded(_ isDurable: Bool) {
    erasure?.isBusy = false
    guard isDurable else {
      erasure?.retry.failed(at: now.uptime, .storage, random: random)
      return
    }
    erasure = nil
    raise(.erased)
  }
}
