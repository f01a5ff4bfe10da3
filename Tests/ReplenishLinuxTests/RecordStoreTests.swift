import ReplenishCore
import ReplenishTestSupport
import Testing

@testable import ReplenishCore
@testable import ReplenishLinux

@Suite struct RecordStoreTests {
  private func open(_ disk: ModelDisk) throws -> RecordStore { try RecordStore(folder: "/state", fileSystem: disk) }

  private func found(_ disk: ModelDisk, _ kind: RecordKind = .link) throws -> Found {
    Found(try open(disk.afterCrash()).find(kind))
  }

  private func written(_ values: [String]) throws -> ModelDisk {
    let disk = ModelDisk()
    let store = try open(disk)
    for value in values { #expect(store.write(.link, Secret(copying: value)) == .durable) }
    store.close()
    return disk
  }

  @Test func keepsTheRecordsApart() throws {
    let disk = ModelDisk()
    let store = try open(disk)
    for kind in RecordKind.allCases { #expect(store.write(kind, Secret(copying: kind.rawValue)) == .durable) }
    #expect(store.remove(.journal) == .durable)
    for kind in RecordKind.allCases {
      #expect(try found(disk, kind) == (kind == .journal ? .absent : .whole(kind.rawValue)))
    }
  }

  @Test func keepsTwoCopiesAndNoTemporaryFile() throws {
    let disk = try written(["1", "2", "3"])
    #expect(disk.list("/state") == ["link.0", "link.1"])
    #expect(try found(disk) == .whole("3"))
  }

  @Test func fallsBackToTheCopyBeforeAndSaysSo() throws {
    let disk = try written(["1", "2"])
    disk.overwrite("/state/link.1", Array("torn".utf8))
    #expect(try found(disk) == .previous("1"))
  }

  /// A second start must not take for whole what the first one found to be the previous copy.
  @Test func staysWithThePreviousCopyUntilSomethingIsWritten() throws {
    let disk = try written(["1", "2"])
    disk.overwrite("/state/link.1", [])
    let first = try open(disk)
    #expect(Found(first.find(.link)) == .previous("1"))
    #expect(disk.list("/state") == ["link.0", "link.1.corrupt"])
    #expect(first.notices.contains { $0.contains("link.1.corrupt") })
    #expect(try found(disk) == .previous("1"))
    #expect(first.write(.link, Secret(copying: "3")) == .durable)
    #expect(try found(disk) == .whole("3"))
  }

  @Test func tellsThatNothingCanBeRead() throws {
    let disk = try written(["1", "2"])
    disk.overwrite("/state/link.0", [0xFF])
    disk.overwrite("/state/link.1", [UInt8](repeating: 0, count: 70_000))
    #expect(try found(disk) == .unreadable)
    #expect(try found(disk) == .unreadable)
    let store = try open(disk.afterCrash())
    #expect(store.write(.link, Secret(copying: "3")) == .durable)
    #expect(Found(store.find(.link)) == .whole("3"))
  }

  @Test func oneWriteAfterTwoDamagedCopiesIsEnough() throws {
    let disk = try written(["1", "2"])
    for name in ["/state/link.0", "/state/link.1"] { disk.overwrite(name, []) }
    let store = try open(disk)
    #expect(store.write(.link, Secret(copying: "3")) == .durable)
    #expect(try found(disk) == .whole("3"))
  }

  @Test func removesDamagedCopiesToo() throws {
    let disk = try written(["planted-1", "planted-2"])
    var torn = try #require(disk.contents("/state/link.1"))
    torn[10] ^= 1
    disk.overwrite("/state/link.1", torn)
    let store = try open(disk)
    #expect(Found(store.find(.link)) == .previous("planted-1"))
    #expect(store.remove(.link) == .durable)
    #expect(disk.list("/state").isEmpty)
    #expect(try found(disk) == .absent)
    for survivor in disk.survivors() { #expect(!survivor.holds(Array("planted".utf8))) }
  }

  @Test func leavesALaterFirmwaresRecordAlone() throws {
    let disk = try written(["1"])
    let later = RecordEnvelope.encode(.link, version: 2, sequence: 9, payload: Secret(copying: "later"))
    let bytes = try #require(later).withBytes { Array($0) }
    disk.put("link.1", in: "/state", bytes)
    let store = try open(disk)
    #expect(Found(store.find(.link)) == .newer)
    guard case .failed(let text) = store.write(.link, Secret(copying: "2")) else {
      Issue.record("wrote over a later firmware's record")
      return
    }
    #expect(text.contains("link") && text.contains("firmware"))
    #expect(disk.contents("/state/link.1") == bytes)
    #expect(store.remove(.link) == .durable)
    #expect(disk.list("/state").isEmpty)
  }

  @Test func removesWhatAnInterruptedWriteLeft() throws {
    let disk = try written(["1"])
    disk.put("link.tmp", in: "/state", Array("planted".utf8))
    #expect(try found(disk) == .whole("1"))
    _ = try open(disk.afterCrash())
    let store = try open(disk)
    #expect(disk.list("/state") == ["link.0"])
    #expect(store.write(.link, Secret(copying: "2")) == .durable)
  }

  @Test func leavesOtherFilesAlone() throws {
    let disk = try written(["1"])
    disk.put("notes.txt", in: "/state", Array("mine".utf8), mode: 0o644)
    let store = try open(disk.afterCrash())
    #expect(store.remove(.link) == .durable)
    #expect(disk.contents("/state/notes.txt") == Array("mine".utf8))
  }

  @Test func aSecondWriterIsTurnedAway() throws {
    let disk = ModelDisk()
    let first = try open(disk)
    let error = #expect(throws: StorageError.self) { try open(disk) }
    #expect(error?.text.contains("another process") == true)
    first.close()
    _ = try open(disk)
  }

  @Test func refusesAPayloadThatIsTooLong() throws {
    let disk = try written(["1"])
    let store = try open(disk.afterCrash())
    guard case .failed = store.write(.link, Secret(count: RecordEnvelope.maximumPayload + 1) { _ in }) else {
      Issue.record("wrote a payload that it could not read again")
      return
    }
    #expect(Found(store.find(.link)) == .whole("1"))
  }

  @Test func aSequenceNumberThatIsUsedUpFailsAndDoesNotTrap() throws {
    let disk = ModelDisk()
    let last = RecordEnvelope.encode(.link, sequence: .max, payload: Secret(copying: "last"))
    disk.put("link.0", in: "/state", try #require(last).withBytes { Array($0) })
    let store = try open(disk)
    #expect(Found(store.find(.link)) == .whole("last"))
    guard case .failed = store.write(.link, Secret(copying: "more")) else {
      Issue.record("wrote beyond the last number")
      return
    }
  }

  // MARK: Who may read and replace

  private func refusal(_ prepare: (ModelDisk) -> Void) throws -> String {
    let disk = try written(["1", "2"])
    prepare(disk)
    let error = #expect(throws: StorageError.self) { try open(disk.afterCrash()) }
    return error?.text ?? ""
  }

  @Test func refusesLooseBitsAndNamesTheCommand() throws {
    #expect(try refusal { $0.setMode("/state", 0o755) }.contains("run: chmod 0700 /state"))
    #expect(try refusal { $0.setMode("/state/link.0", 0o640) }.contains("run: chmod 0600 /state/link.0"))
    #expect(try refusal { $0.setMode("/state/link.1", 0o700) }.contains("run: chmod 0600 /state/link.1"))
    #expect(try refusal { $0.setMode("/", 0o777) }.contains("run: chmod go-w /state/.."))
  }

  @Test func acceptsTighterBits() throws {
    let disk = try written(["1"])
    disk.setMode("/state/link.0", 0o400)
    disk.setMode("/", 0o1777)
    #expect(try found(disk) == .whole("1"))
  }

  @Test func refusesForeignOwnersLinksAndSecondNames() throws {
    #expect(try refusal { $0.setOwner("/state", 7) }.contains("run: chown 1000 /state"))
    #expect(try refusal { $0.setOwner("/state/link.0", 7) }.contains("run: chown 1000 /state/link.0"))
    #expect(try refusal { $0.setOwner("/", 7) }.contains("run: chown root"))
    #expect(try refusal { $0.makeSymbolicLink("/state/link.0") }.contains("run: rm /state/link.0"))
    #expect(try refusal { $0.link("link.0", to: "elsewhere", in: "/state") }.contains("2 names"))
  }

  @Test func quotesAPathForTheShell() {
    #expect(StorageError.quoted("/var/lib/replenish") == "/var/lib/replenish")
    #expect(StorageError.quoted("/var/a b") == "'/var/a b'")
    #expect(StorageError.quoted("/var/it's") == #"'/var/it'\''s'"#)
  }
}
