import CLinux
import ReplenishCore

/// The records of a device in one folder, each kept twice, so that a cut of the power leaves the old or the new.
///
/// A record has two places, `link.0` and `link.1`. A write goes to `link.tmp`, is synced, is renamed over the older
/// place, and then the folder is synced; the highest sequence number wins. The other place still holds the value before,
/// for the day when the medium damages the newest.
///
/// With a `RecordSeal` the records that hold tokens are sealed: see ``protection``.
///
/// Every call may block until the medium is done. That is accepted on the device's one thread: nothing may be sent
/// before the record of it is durable, so there is nothing better to do meanwhile.
public final class RecordStore {
  let path: String
  let calls: StorageCalls
  let seal: RecordSeal?
  /// Holds the lock, and is never synced: a failed sync must not cost the lock.
  let lock: Int32
  /// Nil after a failed sync, whose descriptor would report the error once and then pretend that all is well.
  var folder: Int32?
  /// Whether names were changed since the last good sync of the folder.
  var hasUnsynced = false
  /// What the places hold, once known; nil when a failure left it unknown.
  private var known: [RecordSlots?]

  /// What a person should know of: files set aside, each in one sentence. Never a secret.
  public private(set) var notices: [String] = []

  /// What keeps the tokens in this folder from somebody who holds the disk, as it was found at the opening: `sealed` only
  /// if every copy there may be of them is.
  public private(set) var protection = ProtectionLevel.none

  var fileSystem: any FileSystem { calls.fileSystem }

  /// Opens the folder, makes it if it is absent, and checks it, its parent and every record in it.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - fileSystem: Where it is.
  ///   - seal: The board's key. Records with tokens that lie there plain are sealed with it before this returns; if that
  ///     fails, ``notices`` and ``protection`` say so.
  /// - Throws: ``StorageError`` if another process has the folder, or if others could read or replace what is in it.
  public init(folder path: String, fileSystem: any FileSystem, seal: RecordSeal? = nil) throws(StorageError) {
    self.path = path
    self.seal = seal
    calls = StorageCalls(fileSystem: fileSystem)
    known = RecordKind.allCases.map { _ in nil }
    let folder = try RecordStore.openFolder(path, calls)
    do throws(StorageError) {
      lock = try RecordStore.lock(folder, path, calls)
    } catch {
      calls.close(folder)
      throw error
    }
    self.folder = folder
    do throws(StorageError) {
      try tidy(folder)
    } catch {
      close()
      throw error
    }
    if seal != nil, sealWhatIsPlain() { protection = .sealed }
  }

  /// Gives the folder back to another process. The store is not used after it.
  public func close() {
    if let folder { calls.close(folder) }
    folder = nil
    calls.close(lock)
  }

  /// What there is of a record. A damaged copy is set aside as `link.0.corrupt`, for instance.
  public func find(_ kind: RecordKind) -> RecordFinding {
    do throws(StorageError) {
      let slots = try scan(kind)
      remember(kind, slots)
      if let locked = slots.locked { return .inaccessible(lockedText(kind, locked)) }
      return slots.finding
    } catch {
      note(error.text)
      return .inaccessible(error.text)
    }
  }

  /// Replaces a record.
  public func write(_ kind: RecordKind, _ payload: Secret) -> StoreOutcome {
    do throws(StorageError) {
      var slots = try current(kind)
      // Unknown until it has worked.
      forget(kind)
      if let version = slots.newerVersion {
        throw StorageError(
          "\(place(kind, 0)): a later firmware wrote it (\(RecordEnvelope.novelty(version))); install that firmware "
            + "again, or erase")
      }
      if let locked = slots.locked { throw StorageError(lockedText(kind, locked)) }
      try put(kind, payload, into: &slots)
      remember(kind, slots)
      return .durable
    } catch {
      return .failed(error.text)
    }
  }

  /// Writes a record to one place, or to both if one is damaged, whose set-aside copy then no longer casts doubt on the
  /// other, or holds plainly what is now sealed.
  func put(_ kind: RecordKind, _ payload: Secret, into slots: inout RecordSlots) throws(StorageError) {
    let seal = kind.holdsTokens ? seal : nil
    repeat {
      let target = slots.target
      let sequence = try next(kind, slots)
      guard let bytes = RecordEnvelope.encode(kind, sequence: sequence, payload: payload, seal: seal) else {
        throw StorageError(
          "\(place(kind, target)): \(payload.count) bytes are more than a record may hold "
            + "(\(RecordEnvelope.maximumPayload)), or the board gave no random bytes to seal them; "
            + "this is a fault of the program or the board")
      }
      try replace(kind, target, bytes)
      slots[target] = .whole(sequence: sequence, payload: nil, isSealed: seal != nil)
    } while slots.hasDamage || (seal != nil && slots.hasPlain)
  }

  /// Removes every copy of a record, whichever firmware wrote it.
  ///
  /// The older copy goes first, durably: so a cut leaves the newest or none, and never brings an old value back.
  public func remove(_ kind: RecordKind) -> StoreOutcome {
    do throws(StorageError) {
      let newest = try current(kind).newest
      forget(kind)
      var first = [temporary(kind)]
      var last: [String] = []
      for index in 0...1 {
        if index == newest { last.insert(slot(kind, index), at: 0) } else { first.append(slot(kind, index)) }
      }
      let hasOlder = try hasAny(first)
      if hasOlder || hasUnsynced { try removeNames(first) }
      // Synced even if there is nothing left to remove: what an earlier call removed may not be durable yet.
      try removeNames(last)
      // Last of all: while the newest stands, a set-aside copy says that it may not be the newest.
      let aside = [setAside(kind, 0), setAside(kind, 1)]
      if try hasAny(aside) { try removeNames(aside) }
      remember(kind, RecordSlots(slots: (.absent, .absent)))
      return .durable
    } catch {
      return .failed(error.text)
    }
  }

  // MARK: What is known

  private func current(_ kind: RecordKind) throws(StorageError) -> RecordSlots {
    if let slots = known[index(kind)] { return slots }
    return try scan(kind)
  }

  func remember(_ kind: RecordKind, _ slots: RecordSlots) {
    known[index(kind)] = RecordSlots(slots: (slots.slots.0.withoutPayload, slots.slots.1.withoutPayload))
  }

  func forget(_ kind: RecordKind) { known[index(kind)] = nil }

  private func index(_ kind: RecordKind) -> Int {
    for (index, candidate) in RecordKind.allCases.enumerated() where candidate == kind { return index }
    return 0
  }

  private func next(_ kind: RecordKind, _ slots: RecordSlots) throws(StorageError) -> UInt64 {
    let newest = slots.newest.flatMap { slots[$0].sequence } ?? 0
    let (next, overflow) = newest.addingReportingOverflow(1)
    guard !overflow else {
      throw StorageError("\(place(kind, 0)): its sequence number is used up; the file is forged; erase it")
    }
    return next
  }

  /// The first ones tell most, and a disk that fails for years must not fill the memory.
  func note(_ text: String) {
    if notices.count < 32 { notices.append(text) }
  }
}
