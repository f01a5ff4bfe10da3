import CLinux
import ReplenishCore

extension RecordStore {
  // MARK: Names

  func slot(_ kind: RecordKind, _ index: Int) -> String { index == 0 ? kind.rawValue + ".0" : kind.rawValue + ".1" }
  func temporary(_ kind: RecordKind) -> String { kind.rawValue + ".tmp" }
  func setAside(_ kind: RecordKind, _ index: Int) -> String { slot(kind, index) + ".corrupt" }
  func place(_ kind: RecordKind, _ index: Int) -> String { path + "/" + slot(kind, index) }

  // MARK: Reading

  /// Reads both places of a record and sets aside what cannot be read as one.
  func scan(_ kind: RecordKind) throws(StorageError) -> RecordSlots {
    let names = try listed()
    return RecordSlots(slots: (try scan(kind, 0, names), try scan(kind, 1, names)))
  }

  private func scan(_ kind: RecordKind, _ index: Int, _ names: [String]) throws(StorageError) -> RecordSlot {
    guard contains(names, slot(kind, index)) else {
      // Set aside, and not written since: what stood here may have been the newest.
      return contains(names, setAside(kind, index)) ? .damaged : .absent
    }
    let bytes: Secret?
    do throws(StorageError) {
      bytes = try load(slot(kind, index))
    } catch {
      if error.isPassing { throw error }
      // It may be readable another time, so it stays where it is.
      note(error.text)
      return .damaged
    }
    let reading = bytes.map { RecordEnvelope.read(kind, $0, seal: seal) } ?? .damaged(.length)
    switch reading {
    case .whole(let sequence, let payload): return .whole(sequence: sequence, payload: payload, isSealed: false)
    case .opened(let sequence, let payload): return .whole(sequence: sequence, payload: payload, isSealed: true)
    case .locked(let sequence): return .locked(sequence: sequence)
    case .newer(let version, let sequence): return .newer(version: version, sequence: sequence)
    case .damaged(let damage):
      setAside(kind, index, damage)
      return .damaged
    }
  }

  /// The bytes of a file; nil if it is longer than any record.
  private func load(_ name: String) throws(StorageError) -> Secret? {
    let folder = try openedFolder()
    return try attempt("read", path + "/" + name) { () throws(Errno) in
      let file = try calls.uninterrupted { () throws(Errno) in try fileSystem.openForReading(name, in: folder) }
      defer { calls.close(file) }
      return try calls.readAll(file, limit: RecordEnvelope.headerLength + RecordEnvelope.maximumPayload)
    }
  }

  /// Not synced: until a write takes its place, the file means the same under either name.
  private func setAside(_ kind: RecordKind, _ index: Int, _ damage: RecordEnvelope.Damage) {
    let what: String
    switch damage {
    case .length: what = "not as long as its header says"
    case .magic: what = "not a record"
    case .kind: what = "another kind of record"
    case .checksum: what = "not what was written (checksum)"
    }
    let from = slot(kind, index)
    do throws(StorageError) {
      let folder = try openedFolder()
      try attempt("set aside", path + "/" + from) { () throws(Errno) in
        try calls.uninterrupted { () throws(Errno) in
          try fileSystem.rename(from, to: setAside(kind, index), in: folder)
        }
      }
      note("\(path)/\(from): \(what); kept as \(setAside(kind, index))")
    } catch {
      note("\(path)/\(from): \(what); \(error.text)")
    }
  }

  // MARK: Writing

  /// Temp, sync, rename, sync of the folder: only after the last is it durable, and never is a place half written.
  func replace(_ kind: RecordKind, _ index: Int, _ bytes: Secret) throws(StorageError) {
    let folder = try openedFolder()
    let name = temporary(kind)
    let target = slot(kind, index)
    let file = try attempt("create", path + "/" + name) { () throws(Errno) in try calls.createAnew(name, in: folder) }
    do throws(StorageError) {
      do throws(StorageError) {
        try attempt("write", path + "/" + name) { () throws(Errno) in try calls.writeAll(file, bytes) }
        try attempt("sync", path + "/" + name) { () throws(Errno) in try fileSystem.sync(file) }
      } catch {
        calls.close(file)
        throw error
      }
      calls.close(file)
      hasUnsynced = true
      try attempt("rename to \(target)", path + "/" + name) { () throws(Errno) in
        try calls.uninterrupted { () throws(Errno) in try fileSystem.rename(name, to: target, in: folder) }
      }
    } catch {
      // Best effort; what remains is removed by the next write or the next start.
      do throws(Errno) { try fileSystem.remove(name, in: folder) } catch {}
      throw error
    }
    try syncFolder()
  }

  // MARK: Removing

  /// Removes what there is of the names, durably.
  func removeNames(_ names: [String]) throws(StorageError) {
    let folder = try openedFolder()
    hasUnsynced = true
    for name in names {
      try attempt("remove", path + "/" + name) { () throws(Errno) in
        do throws(Errno) {
          try calls.uninterrupted { () throws(Errno) in try fileSystem.remove(name, in: folder) }
        } catch {
          if error.code != ENOENT { throw error }
        }
      }
    }
    try syncFolder()
  }

  func hasAny(_ names: [String]) throws(StorageError) -> Bool {
    let listed = try listed()
    for name in names where contains(listed, name) { return true }
    return false
  }

  // MARK: The folder

  func openedFolder() throws(StorageError) -> Int32 {
    if let folder { return folder }
    let opened = try attempt("open", path) { () throws(Errno) in try fileSystem.openFolder(".", in: lock) }
    folder = opened
    return opened
  }

  func syncFolder() throws(StorageError) {
    let descriptor = try openedFolder()
    do throws(StorageError) {
      try attempt("sync", path) { () throws(Errno) in try fileSystem.sync(descriptor) }
    } catch {
      calls.close(descriptor)
      folder = nil
      throw error
    }
    hasUnsynced = false
  }

  func listed() throws(StorageError) -> [String] {
    let folder = try openedFolder()
    return try attempt("list", path) { () throws(Errno) in
      try calls.uninterrupted { () throws(Errno) in try fileSystem.names(in: folder) }
    }
  }

  func contains(_ names: [String], _ name: String) -> Bool {
    for candidate in names where candidate.utf8.elementsEqual(name.utf8) { return true }
    return false
  }

  /// Makes a call, and words its error.
  func attempt<Result>(
    _ act: String, _ path: String, _ call: () throws(Errno) -> Result
  ) throws(StorageError) -> Result {
    do throws(Errno) {
      return try call()
    } catch {
      throw StorageError(act, path, error)
    }
  }
}
