import ReplenishTestSupport
import Testing

@testable import ReplenishCore
@testable import ReplenishLinux

/// Records that a key seals: what is kept from whom, and that no key or another one destroys nothing.
@Suite struct SealedStoreTests {
  static func seal(_ fill: UInt8 = 7) -> RecordSeal {
    let key = Secret(copying: [UInt8](repeating: fill, count: RecordSeal.keyLength))
    guard let seal = RecordSeal(key: key, source: "/run/key", random: SeededRandom(UInt64(fill))) else {
      fatalError("32 bytes are a key")
    }
    return seal
  }

  static func open(_ disk: ModelDisk, _ seal: RecordSeal? = seal()) throws -> RecordStore {
    try RecordStore(folder: "/state", fileSystem: disk, seal: seal)
  }

  /// A disk on which a store without a key has written.
  static func plain(_ values: [String] = ["planted-1", "planted-2"], _ kind: RecordKind = .link) throws -> ModelDisk {
    let disk = ModelDisk()
    let store = try open(disk, nil)
    for value in values { #expect(store.write(kind, Secret(copying: value)) == .durable) }
    store.close()
    return disk.afterCrash()
  }

  /// The same with a key.
  private func sealed(_ values: [String] = ["planted-1", "planted-2"]) throws -> ModelDisk {
    let disk = ModelDisk()
    let store = try Self.open(disk)
    for value in values { #expect(store.write(.link, Secret(copying: value)) == .durable) }
    store.close()
    return disk.afterCrash()
  }

  private func files(_ disk: ModelDisk) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in disk.list("/state") { files[name] = disk.contents("/state/" + name) }
    return files
  }

  /// Whatever a cut of the power leaves now, no token lies in a file of a name.
  private func expectNothingPlain(on disk: ModelDisk, _ place: SourceLocation = #_sourceLocation) {
    for survivor in disk.survivors() { #expect(!survivor.holds(Self.planted), sourceLocation: place) }
  }

  static let planted = Array("planted".utf8)

  @Test func sealsTokensAndNothingElse() throws {
    let disk = ModelDisk()
    let store = try Self.open(disk)
    #expect(store.protection == .sealed)
    for kind in RecordKind.allCases {
      #expect(store.write(kind, Secret(copying: "planted \(kind.rawValue)")) == .durable)
    }
    store.close()
    for kind in RecordKind.allCases {
      #expect(disk.holds(Array("planted \(kind.rawValue)".utf8)) == !kind.holdsTokens)
      #expect(Found(try Self.open(disk.afterCrash()).find(kind)) == .whole("planted \(kind.rawValue)"))
    }
    #expect(RecordKind.allCases.filter(\.holdsTokens) == [.link, .farewell])
  }

  @Test func withoutAKeyNothingIsSealed() throws {
    let store = try Self.open(ModelDisk(), nil)
    #expect(store.protection == .none)
  }

  /// No key, then another one, then the right one again.
  @Test(arguments: [nil, 8] as [UInt8?]) func theWrongKeyDestroysNothing(fill: UInt8?) throws {
    let disk = try sealed()
    let before = files(disk)
    for _ in 0..<2 {
      let store = try Self.open(disk, fill.map { Self.seal($0) })
      #expect(store.protection == .none)
      guard case .inaccessible(let text) = store.find(.link) else {
        Issue.record("a sealed record was read")
        return
      }
      #expect(text.contains("/state/link.0") && text.contains("replenishctl erase"))
      #expect(text.contains(fill == nil ? "seal-key" : "/run/key"))
      #expect(store.write(.link, Secret(copying: "3")) == .failed(text))
      #expect(store.write(.journal, Secret(copying: "j")) == .durable)
      #expect(store.remove(.journal) == .durable)
      store.close()
      #expect(files(disk) == before)
    }
    let store = try Self.open(disk)
    #expect(Found(store.find(.link)) == .whole("planted-2"))
    #expect(store.write(.link, Secret(copying: "3")) == .durable)
    #expect(Found(store.find(.link)) == .whole("3"))
  }

  /// The older copy must not speak for the newest, which may be the end of a link.
  @Test func aPlainCopyBesideALockedOneIsNotUsed() throws {
    let disk = try Self.plain(["planted-1"])
    let record = RecordEnvelope.encode(.link, sequence: 2, payload: Secret(copying: "2"), seal: Self.seal())
    disk.put("link.1", in: "/state", try #require(record).disclosed)
    let before = files(disk)
    for seal in [nil, Self.seal(8)] {
      let store = try Self.open(disk, seal)
      guard case .inaccessible = store.find(.link) else {
        Issue.record("a plain copy was used beside a locked one")
        return
      }
      #expect(store.protection == .none)
      guard case .failed = store.write(.link, Secret(copying: "3")) else {
        Issue.record("a locked record was written over")
        return
      }
      store.close()
    }
    #expect(files(disk) == before)
    let store = try Self.open(disk)
    #expect(store.protection == .sealed && Found(store.find(.link)) == .whole("2"))
    expectNothingPlain(on: disk)
  }

  @Test(arguments: [nil, 8] as [UInt8?]) func aFactoryResetNeedsNoKey(fill: UInt8?) throws {
    let disk = try sealed()
    let store = try Self.open(disk, fill.map { Self.seal($0) })
    #expect(store.remove(.link) == .durable)
    #expect(disk.list("/state").isEmpty)
    #expect(Found(store.find(.link)) == .absent)
    #expect(store.write(.link, Secret(copying: "new")) == .durable)
  }

  @Test func aTornSealedRecordIsSetAsideWithoutTheKeyToo() throws {
    let disk = try sealed()
    var torn = try #require(disk.contents("/state/link.1"))
    torn[80] ^= 1
    disk.overwrite("/state/link.1", torn)
    _ = try Self.open(disk, nil).find(.link)
    #expect(disk.list("/state") == ["link.0", "link.1.corrupt"])
    #expect(Found(try Self.open(disk.afterCrash()).find(.link)) == .whole("planted-1"))
  }

  @Test func anUnknownSealIsLeftAlone() throws {
    let disk = try sealed(["1"])
    var file = try #require(disk.contents("/state/link.0"))
    file[24] = 2
    file.replaceSubrange(32..<64, with: SHA256.digest(Array(file[..<32]) + Array(file[64...])))
    disk.overwrite("/state/link.0", file)
    for seal in [nil, Self.seal()] {
      let store = try Self.open(disk, seal)
      #expect(Found(store.find(.link)) == .newer)
      #expect(store.protection == .none)
      guard case .failed(let text) = store.write(.link, Secret(copying: "2")) else {
        Issue.record("wrote over a record with a later seal")
        return
      }
      #expect(text.contains("another seal"))
      store.close()
    }
    #expect(disk.contents("/state/link.0") == file)
  }

  // MARK: Plain records that are found while there is a key

  @Test(arguments: [["planted-1"], ["planted-1", "planted-2"], ["planted-1", "planted-2", "planted-3"]])
  func sealsWhatWasPlain(values: [String]) throws {
    for kind in [RecordKind.link, .farewell] {
      let disk = try Self.plain(values, kind)
      let store = try Self.open(disk)
      #expect(store.protection == .sealed && store.notices.isEmpty)
      #expect(Found(store.find(kind)) == values.last.map { .whole($0) })
      expectNothingPlain(on: disk)
      // Once is enough.
      let calls = disk.log.filter { $0.hasPrefix("rename") }.count
      store.close()
      let again = try Self.open(disk)
      #expect(disk.log.filter { $0.hasPrefix("rename") }.count == calls)
      #expect(again.protection == .sealed && Found(again.find(kind)) == values.last.map { .whole($0) })
    }
  }

  /// A copy that was set aside may be a whole token but for one bit.
  @Test(arguments: [0, 1]) func removesPlainCopiesThatWereSetAside(damaged: Int) throws {
    let disk = try Self.plain()
    var torn = try #require(disk.contents("/state/link.\(damaged)"))
    torn[10] ^= 1
    disk.overwrite("/state/link.\(damaged)", torn)
    let store = try Self.open(disk)
    #expect(store.protection == .sealed)
    #expect(store.notices.contains { $0.contains("link.\(damaged)") })
    #expect(Found(store.find(.link)) == .whole(damaged == 0 ? "planted-2" : "planted-1"))
    #expect(disk.list("/state") == ["link.0", "link.1"])
    expectNothingPlain(on: disk)
  }

  @Test func doesNotClaimToSealWhatItCannotRead() throws {
    let disk = try Self.plain()
    for index in 0...1 {
      var torn = try #require(disk.contents("/state/link.\(index)"))
      torn[10] ^= 1
      disk.overwrite("/state/link.\(index)", torn)
    }
    let store = try Self.open(disk)
    #expect(store.protection == .none)
    #expect(store.notices.contains { $0.contains("not sealed") && $0.contains("replenishctl erase") })
    #expect(Found(store.find(.link)) == .unreadable)
    #expect(store.write(.link, Secret(copying: "new")) == .durable)
    store.close()
    let later = try Self.open(disk)
    #expect(later.protection == .sealed && Found(later.find(.link)) == .whole("new"))
    expectNothingPlain(on: disk)
  }

  /// What the medium does not give just now may be the newest, so nothing is written over it.
  @Test func leavesWhatTheMediumDoesNotGive() throws {
    let whole = try Self.plain()
    _ = try Self.open(whole)
    let reads = whole.log.indices.filter { whole.log[$0] == "read" }
    #expect(reads.count >= 4)
    for read in reads.prefix(4) {
      let disk = try Self.plain()
      let before = files(disk)
      disk.failures = [read + 1: .error(5)]  // EIO
      let store = try Self.open(disk)
      #expect(store.protection == .none && files(disk) == before)
      #expect(store.notices.contains { $0.contains("not sealed") })
      store.close()
      disk.failures = [:]
      #expect(try Self.open(disk).protection == .sealed)
    }
  }

  @Test func aDiskThatIsFullIsToldAndTheNextWriteSealsBoth() throws {
    let disk = try Self.plain()
    let creates = try { () throws -> Int in
      let whole = try Self.plain()
      _ = try Self.open(whole)
      return try #require(whole.log.firstIndex { $0.hasPrefix("create") })
    }()
    disk.failures = [creates + 1: .error(28)]  // ENOSPC
    let store = try Self.open(disk)
    #expect(store.protection == .none)
    #expect(store.notices.contains { $0.contains("not sealed") && $0.contains("free some space") })
    #expect(Found(store.find(.link)) == .whole("planted-2"))
    #expect(store.write(.link, Secret(copying: "planted-3")) == .durable)
    expectNothingPlain(on: disk)
    store.close()
    #expect(try Self.open(disk).protection == .sealed)
  }
}
