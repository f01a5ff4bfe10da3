import ReplenishTestSupport
import Testing

@testable import ReplenishCore
@testable import ReplenishLinux

/// The power goes while plain records are sealed, at every call; and every call fails once.
@Suite struct SealedStoreCutTests {
  /// A disk to begin from: one or two plain copies, or the newest torn.
  enum Start: CaseIterable {
    case one, two, torn

    func disk() throws -> ModelDisk {
      let disk = try SealedStoreTests.plain(self == .one ? ["planted-2"] : ["planted-1", "planted-2"])
      guard self == .torn, var file = disk.contents("/state/link.1") else { return disk }
      file[10] ^= 1
      disk.overwrite("/state/link.1", file)
      return disk
    }

    /// What the device must find from the beginning to the end.
    var value: String { self == .torn ? "planted-1" : "planted-2" }
  }

  /// What is wrong with a disk, as a start with the key, and before it one without, find it.
  private func wrong(_ disk: ModelDisk, _ start: Start, mustBeSealed: Bool = false) throws -> [String] {
    var wrong: [String] = []
    if mustBeSealed && disk.holds(SealedStoreTests.planted) { wrong.append("plain tokens after 'sealed'") }
    // Without the key: what was there before or nothing at all, and never is anything written over.
    let keyless = try SealedStoreTests.open(disk.afterCrash(), nil)
    switch keyless.find(.link) {
    case .inaccessible, .whole, .previous: break
    default: wrong.append("lost without the key")
    }
    if start != .torn, !keyless.notices.isEmpty { wrong.append("a cut tore a copy: \(keyless.notices)") }
    keyless.close()
    let next = disk.afterCrash()
    let store = try SealedStoreTests.open(next)
    switch Found(store.find(.link)) {
    case .whole(start.value), .previous(start.value): break
    case let other: wrong.append("found \(other)")
    }
    if store.protection != .sealed { wrong.append("not sealed: \(store.notices)") }
    for survivor in next.survivors(limit: 16) where survivor.holds(SealedStoreTests.planted) {
      wrong.append("plain tokens after the second start")
    }
    return wrong
  }

  @Test(arguments: Start.allCases) func everyCallCanBeTheLast(start: Start) throws {
    var disks = 0
    var cut = 0
    while true {
      let disk = try start.disk()
      disk.cutAfter = cut
      let store = try? SealedStoreTests.open(disk)
      let isSealed = store?.protection == .sealed
      for survivor in disk.survivors(limit: 256) {
        disks += 1
        let wrong = try wrong(survivor, start, mustBeSealed: isSealed)
        #expect(wrong.isEmpty, "\(start), cut after call \(cut): \(wrong)")
      }
      if disk.calls < cut { break }
      cut += 1
    }
    #expect(cut > 20)
    print("sealing: \(start): \(cut) cut points, \(disks) disks")
  }

  @Test(arguments: Start.allCases) func everyCallCanFail(start: Start) throws {
    let whole = try start.disk()
    _ = try SealedStoreTests.open(whole)
    for call in 1...whole.calls {
      for failure in [ModelDisk.Failure.error(5), .error(28), .error(4), .error(24), .short] {
        let disk = try start.disk()
        disk.failures = [call: failure]
        guard let store = try? SealedStoreTests.open(disk) else { continue }
        let isSealed = store.protection == .sealed
        #expect(isSealed || !store.notices.isEmpty, "call \(call) fails with \(failure), and nobody is told")
        for survivor in disk.survivors(limit: 16) {
          let wrong = try wrong(survivor, start, mustBeSealed: isSealed)
          #expect(wrong.isEmpty, "\(start), call \(call) fails with \(failure): \(wrong)")
        }
      }
    }
  }

  /// `sealed` is said of the disk and not of the cache: without its syncs, some cut leaves plain tokens or torn copies.
  @Test func everySyncIsNeeded() throws {
    let whole = try Start.two.disk()
    _ = try SealedStoreTests.open(whole)
    #expect(whole.syncs == 6)
    // Of the parent and of the folder at the start: see RecordStoreCutTests, which also tells why each write syncs the
    // folder. Here the last sync covers for the fourth, since both writes bring the same value.
    for sync in [3, 5, 6] {
      var isNoticed = false
      for cut in 0...whole.calls where !isNoticed {
        let disk = try Start.two.disk()
        disk.ignoredSyncs = [sync]
        disk.cutAfter = cut
        let isSealed = (try? SealedStoreTests.open(disk))?.protection == .sealed
        for survivor in disk.survivors(limit: 256) where !isNoticed {
          let found = (try? wrong(survivor, .two, mustBeSealed: isSealed)) ?? ["cannot open"]
          isNoticed = !found.isEmpty
        }
      }
      #expect(isNoticed, "nothing broke without sync \(sync) of \(whole.syncs)")
    }
  }
}
