/// The presses of a device, oldest first: at most one open per slot, and a bounded history of the others.
struct Journal {
  /// The highest link generation seen. A link record with a lower one is an old copy come back, and is not trusted.
  var generation: Int64 = 0
  /// The presses.
  private(set) var entries: [JournalEntry] = []

  init() {}

  /// The open press of a slot.
  func open(slot: String) -> JournalEntry? {
    entries.last { $0.slot.isExactly(slot) && $0.state.isOpen }
  }

  /// A press by its name.
  subscript(id: PressID) -> JournalEntry? {
    entries.last { $0.id == id }
  }

  /// Changes a press; nothing happens if it is gone.
  func update(_ id: PressID, _ change: (JournalEntry) -> Void) {
    for entry in entries where entry.id == id { change(entry) }
  }

  /// Adds a press, forgetting the oldest closed ones beyond the history.
  mutating func append(_ entry: JournalEntry) {
    entries.append(entry)
    var closed = entries.count { !$0.state.isOpen }
    entries.removeAll { entry in
      guard !entry.state.isOpen, closed > DeviceLimits.journalHistory else { return false }
      closed -= 1
      return true
    }
  }

  /// Takes back a press that could not be written.
  mutating func withdraw(_ id: PressID) { entries.removeAll { $0.id == id } }

  /// Ends every open press that was made under another link than `generation` (nil: under any link).
  ///
  /// One that may already be at the service is in doubt, the others are void. Returns those it ended.
  func void(except generation: Int64?, reason: String) -> [JournalEntry] {
    let ended = entries.filter { $0.state.isOpen && $0.generation != generation }
    for entry in ended { entry.close(entry.state == .sending ? .inDoubt : .void, reason: reason) }
    return ended
  }

  /// Ends every open press as in doubt, because this copy of the journal is not the newest.
  func doubtAll(reason: String) -> [JournalEntry] {
    let ended = entries.filter { $0.state.isOpen }
    for entry in ended { entry.close(.inDoubt, reason: reason) }
    return ended
  }

  /// The record's contents.
  func encoded() -> Secret {
    let object = JSONValue.object()
    object.set("generation", generation)
    let list = JSONValue.array()
    for entry in entries { list.append(entry.encoded()) }
    object.set("entries", list)
    return object.encoded()
  }

  /// Reads a record; nil if it holds no journal.
  init?(_ record: Secret) {
    guard let object = try? JSONValue.parse(record), let generation = object["generation"]?.integer,
      generation >= 0, generation < Credentials.mostGenerations, let list = object["entries"]?.elements,
      list.count <= DeviceLimits.journalHistory + 2 * DeviceLimits.slots
    else { return nil }
    self.generation = generation
    for element in list {
      guard let entry = JournalEntry(element) else { return nil }
      entries.append(entry)
    }
  }
}
