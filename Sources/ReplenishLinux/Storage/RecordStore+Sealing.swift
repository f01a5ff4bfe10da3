import ReplenishCore

extension RecordStore {
  /// Seals every copy of the records with tokens that lies there plain; false if one may be left.
  ///
  /// The older copies too, and those set aside: a refresh token stays valid after it was replaced.
  func sealWhatIsPlain() -> Bool {
    var isSealed = true
    for kind in RecordKind.allCases where kind.holdsTokens {
      do throws(StorageError) {
        if try !sealCopies(of: kind) { isSealed = false }
      } catch {
        note(
          "\(place(kind, 0)): may hold tokens that are not sealed, which is tried again at the next start; \(error.text)"
        )
        isSealed = false
      }
    }
    return isSealed
  }

  private func sealCopies(of kind: RecordKind) throws(StorageError) -> Bool {
    var slots = try scan(kind)
    // The device is told of these when it asks for the record, and nothing is written over them.
    if slots.locked != nil || slots.newerVersion != nil { return false }
    let names = try listed()
    for index in 0...1 where slots[index].isDamaged && contains(names, slot(kind, index)) {
      // It could not be read, nor set aside: it may be whole another time, and the newest.
      note("\(place(kind, index)): could not be read, so it may hold tokens that are not sealed")
      return false
    }
    if let newest = slots.newest, case .whole(_, let payload?, _) = slots[newest] {
      if slots.hasPlain || slots.hasDamage {
        forget(kind)
        try put(kind, payload, into: &slots)
      }
    } else if slots.hasDamage {
      note(
        "\(path): a copy of '\(kind.rawValue)' that was set aside may hold tokens that are not sealed; link the device "
          + "again and restart it, or run 'replenishctl erase'")
      return false
    }
    // Only now: until both places were written, a set-aside copy says that what is left may not be the newest.
    let aside = [setAside(kind, 0), setAside(kind, 1)]
    if try hasAny(aside) { try removeNames(aside) }
    return true
  }

  /// Why a sealed record cannot be read, and what to do.
  func lockedText(_ kind: RecordKind, _ index: Int) -> String {
    let begin = "replenishctl erase' and link the device again"
    guard let seal else {
      return "\(place(kind, index)): is sealed, and no key is configured; name the file of the board's key (seal-key), "
        + "or run '\(begin)"
    }
    return
      "\(place(kind, index)): the key in \(seal.source) does not open it; give the device back the key that sealed "
      + "it, or run '\(begin)"
  }
}
