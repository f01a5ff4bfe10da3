/// The presses of a device, oldest first: at most one open per slot, and a bounded history of the others.
struct Journal: Equatable {
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
  mutating func update(_ id: PressID, _ change: (inout JournalEntry) -> Void) {
    for index in entries.indices where entries[index].id == id { change(&entries[index]) }
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
  mutating func void(except generation: Int64?, reason: String) -> [JournalEntry] {
    var ended: [JournalEntry] = []
    for index in entries.indices where entries[index].state.isOpen && entries[index].generation != generation {
      let mayBeOrdered = entries[index].state == .sending
      entries[index].close(mayBeOrdered ? .inDoubt : .void, reason: reason)
      ended.append(entries[index])
    }
    return ended
  }

  /// Ends every open press as in doubt, because this copy of the journal is not the newest.
  mutating func doubtAll(reason: String) -> [JournalEntry] {
    var ended: [JournalEntry] = []
    for index in entries.indices where entries[index].state.isOpen {
      entries[index].close(.inDoubt, reason: reason)
      ended.append(entries[index])
    }
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
