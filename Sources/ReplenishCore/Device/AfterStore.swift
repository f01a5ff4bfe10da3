/// What follows once a record is durable, or is known not to be. In the order the effects were asked for.
indirect enum AfterStore {
  /// Nothing but trying again if it failed.
  case journal
  /// The press is acknowledged.
  case noted(PressID, CommandID?)
  /// The order may leave.
  case sending(PressID)
  /// The outcome is shown.
  case outcome(PressID)
  /// The proof may leave to the phone with this number.
  case guess(phone: UInt32)
  /// Nothing: a guess that could not be refunded stays counted.
  case refund
  /// The refresh token is proved next.
  case redeemed
  /// The link stands, or its tokens were renewed.
  case refreshed
  /// Nothing but trying again if it failed.
  case linkRemoved
  /// The link has ended; the command may be answered.
  case ended(CommandID?)
  /// The farewell's renewed tokens are kept.
  case farewellRefreshed
  /// The farewell is over.
  case farewellRemoved
  /// Nothing: it is written again tomorrow.
  case upkeep
  /// The factory reset has begun.
  case erasing
  /// A part of the factory reset is done.
  case erasurePart(isLast: Bool)
  /// The factory reset is complete.
  case erased
}

extension Device {
  /// Asks for a record to be written.
  func store(_ kind: RecordKind, _ contents: Secret, _ after: AfterStore) {
    stores.append(after)
    effects.append(.store(kind, contents))
  }

  /// Asks for every copy of a record to be removed.
  func remove(_ kind: RecordKind, _ after: AfterStore) {
    stores.append(after)
    effects.append(.remove(kind))
  }

  /// Goes on after the oldest effect on storage that has not ended yet.
  func takeStored(_ outcome: StoreOutcome) {
    guard !stores.isEmpty else { return }
    let after = stores.removeFirst()
    let isDurable = outcome == .durable
    if case .failed(let text) = outcome { fault(text) }
    switch after {
    case .journal: journalEnded(isDurable)
    case .noted(let id, let command): noted(id, command, outcome)
    case .sending(let id): sendingIsOnDisk(id, isDurable)
    case .outcome(let id):
      journalEnded(isDurable)
      if let entry = journal[id] { showOutcome(of: entry) }
    case .guess(let phone): guessIsCounted(phone: phone, isDurable)
    case .refund, .upkeep: break
    case .redeemed: redeemedIsOnDisk(outcome)
    case .refreshed: refreshedIsOnDisk(isDurable)
    case .linkRemoved: linkRemovalEnded(isDurable)
    case .ended(let command): endIsOnDisk(command, outcome)
    case .farewellRefreshed: farewellState.isSaving = false
    case .farewellRemoved: farewellRemovalEnded(isDurable)
    case .erasing: erasingIsOnDisk(outcome)
    case .erasurePart(let isLast): erasurePartEnded(isDurable, isLast: isLast)
    case .erased: erasureEnded(isDurable)
    }
  }

  /// Tries again what could not be written.
  func advanceRecords() {
    if journalRetry.failures > 0 && stores.isEmpty && isDue(journalRetry.at) { saveJournal() }
    if linkRetry.failures > 0 && stores.isEmpty && isDue(linkRetry.at) {
      if let link {
        let isProved = linkRefresh.succeededAt != nil
        store(.link, Link(credentials: link.credentials, phase: isProved ? .linked : link.phase).encoded(), .refreshed)
      } else {
        removeLink()
      }
    }
    advanceFarewellRemoval()
    advanceErasure()
  }

  func saveJournal(_ after: AfterStore = .journal) {
    store(.journal, journal.encoded(), after)
  }

  func journalEnded(_ isDurable: Bool) {
    if isDurable { journalRetry = Retry() } else { journalRetry.failed(at: now.uptime, .storage, random: random) }
  }

  func removeLink() { remove(.link, .linkRemoved) }

  func linkRemovalEnded(_ isDurable: Bool) {
    if isDurable { linkRetry = Retry() } else { linkRetry.failed(at: now.uptime, .storage, random: random) }
  }
}
