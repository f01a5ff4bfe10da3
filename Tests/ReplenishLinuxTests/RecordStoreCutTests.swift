import ReplenishCore
import ReplenishLinux
import ReplenishTestSupport
import Testing

/// What a record says, as far as these tests tell values apart.
enum Found: Hashable {
  case absent
  case whole(String)
  case previous(String)
  case unreadable
  case newer

  init(_ finding: RecordFinding) {
    switch finding {
    case .absent: self = .absent
    case .whole(let secret): self = .whole(secret.withBytes { String(decoding: $0, as: UTF8.self) })
    case .previous(let secret): self = .previous(secret.withBytes { String(decoding: $0, as: UTF8.self) })
    case .unreadable: self = .unreadable
    case .inaccessible, .newer: self = .newer
    }
  }
}

/// A history of one record, and what may be found of it after each cut.
struct History {
  enum Step {
    case open
    case write(String)
    case remove
    /// The program is killed and started again; the machine goes on.
    case crash
  }

  let name: String
  let steps: [Step]
  /// A folder that the program makes itself.
  var makesFolder = false

  static let all: [History] = [
    History(name: "first write", steps: [.open, .write("1")]),
    History(name: "writes", steps: [.open, .write("1"), .write("2"), .write("3"), .write("4")]),
    History(name: "removal", steps: [.open, .write("1"), .write("2"), .write("3"), .remove]),
    History(name: "removal of one copy", steps: [.open, .write("1"), .remove]),
    History(name: "life after removal", steps: [.open, .write("1"), .write("2"), .remove, .write("3"), .write("4")]),
    History(name: "crash", steps: [.open, .write("1"), .crash, .write("2"), .write("3"), .crash]),
    History(name: "new folder", steps: [.open, .write("1"), .write("2")], makesFolder: true),
  ]
}

/// How one run of a history ended.
struct Run {
  let disk: ModelDisk
  /// What may be found from now on: one value after a call that ended, two while one was under way.
  let allowed: Set<Found>

  /// Runs a history until its end or the cut.
  init(_ history: History, _ start: ModelDisk, _ prepare: (ModelDisk) -> Void) {
    var disk = start
    prepare(disk)
    var allowed: Set<Found> = [.absent]
    var store: RecordStore?
    for step in history.steps {
      // The power goes between two steps too, not only in the first call of the next one.
      if disk.isPowerLost || disk.calls >= disk.cutAfter ?? .max { break }
      switch step {
      case .open:
        store = try? RecordStore(folder: "/state", fileSystem: disk)
      case .crash:
        // A write may be half done when the program is killed, so this also starts from what a call left.
        let next = disk.afterCrash()
        next.ignoredSyncs = Set(disk.ignoredSyncs.map { $0 - disk.syncs })
        next.cutAfter = disk.cutAfter.map { max($0 - disk.calls, 0) }
        disk = next
        store = try? RecordStore(folder: "/state", fileSystem: disk)
        // What a started program reads, it acts on: from here on it must stay.
        if let store, !disk.isPowerLost {
          let found = Found(store.find(.link))
          if !disk.isPowerLost {
            if !allowed.contains(found) { allowed = [] } else { allowed = [found] }
          }
        }
      case .write(let value):
        guard let store else { continue }
        allowed.insert(.whole(value))
        if store.write(.link, Secret(copying: value)) == .durable { allowed = [.whole(value)] }
      case .remove:
        guard let store else { continue }
        allowed.insert(.absent)
        if store.remove(.link) == .durable { allowed = [.absent] }
      }
    }
    self.disk = disk
    self.allowed = allowed
  }

  /// What is found on the disks that a cut here may leave, and is not allowed. Nil stands for a store that cannot open.
  func violations() -> [Found?] {
    var violations: [Found?] = []
    for survivor in disk.survivors() {
      guard let store = try? RecordStore(folder: "/state", fileSystem: survivor) else {
        violations.append(nil)
        continue
      }
      let found = Found(store.find(.link))
      if !allowed.contains(found) { violations.append(found) }
    }
    return violations
  }
}

@Suite struct RecordStoreCutTests {
  private func start(_ history: History) -> ModelDisk {
    let disk = ModelDisk()
    if history.makesFolder { disk.take("state", from: "/") }
    disk.setOwner("/", disk.user)
    return disk
  }

  /// More calls than a history makes. A crash starts the count anew, so it cannot be read off the last disk.
  private func calls(_ history: History) -> Int { history.steps.count * 40 }

  /// After a cut at any call the record is the old or the new one: never torn, never gone, never an older one.
  @Test(arguments: History.all.indices) func aCutLeavesTheOldOrTheNew(index: Int) {
    let history = History.all[index]
    var cuts = 0
    var disks = 0
    for cut in 0...calls(history) {
      let run = Run(history, start(history)) { $0.cutAfter = cut }
      let violations = run.violations()
      #expect(violations.isEmpty, "\(history.name), cut after call \(cut): found \(violations), not \(run.allowed)")
      cuts += 1
      disks += run.disk.survivors().count
      if run.disk.calls < run.disk.cutAfter ?? 0 { break }
    }
    #expect(cuts > 10)
    print("storage: \(history.name): \(cuts) cut points, \(disks) disks")
  }

  /// The same when a second cut follows while the device starts from what the first one left.
  @Test func aSecondCutDuringTheStartChangesNothing() {
    let history = History.all[1]
    for cut in stride(from: 0, through: calls(history), by: 3) {
      let run = Run(history, start(history)) { $0.cutAfter = cut }
      for survivor in run.disk.survivors(limit: 16) {
        for second in 0..<30 {
          let disk = survivor.afterCrash()
          disk.cutAfter = second
          _ = try? RecordStore(folder: "/state", fileSystem: disk).find(.link)
          for last in disk.survivors(limit: 16) {
            guard let store = try? RecordStore(folder: "/state", fileSystem: last) else {
              Issue.record("cannot open after cuts \(cut) and \(second)")
              continue
            }
            let found = Found(store.find(.link))
            #expect(run.allowed.contains(found), "cuts \(cut) and \(second): \(found), not \(run.allowed)")
          }
        }
      }
    }
  }

  /// Each call fails in each way: the store says so or copes, and a cut after it breaks nothing either.
  @Test(arguments: [ModelDisk.Failure.error(5), .error(28), .error(4), .short])
  func aFailingCallLeavesTheOldOrTheNew(failure: ModelDisk.Failure) {
    let history = History.all[4]
    for call in 1...calls(history) {
      let run = Run(history, start(history)) { $0.failures = [call: failure] }
      let violations = run.violations()
      #expect(violations.isEmpty, "call \(call) fails with \(failure): found \(violations), not \(run.allowed)")
    }
  }

  /// The store promises nothing that the disk did not: without any one of its syncs, some cut breaks the promise.
  @Test func everySyncIsNeeded() {
    for history in History.all where !history.steps.contains(where: { if case .crash = $0 { true } else { false } }) {
      let whole = Run(history, start(history)) { _ in }
      let total = whole.disk.syncs
      #expect(total > 2)
      for sync in 1...total {
        // The first two, of the parent and of the folder at the start, have tests of their own below.
        if sync <= 2 { continue }
        var isNoticed = false
        for cut in 0...whole.disk.calls where !isNoticed {
          let run = Run(history, start(history)) {
            $0.ignoredSyncs = [sync]
            $0.cutAfter = cut
          }
          isNoticed = !run.violations().isEmpty
        }
        #expect(isNoticed, "\(history.name): nothing broke without sync \(sync) of \(total)")
      }
    }
  }

  /// Without the sync of the parent, a cut takes the new folder with all that is in it.
  @Test func theSyncOfTheParentIsNeeded() {
    let history = History.all[6]
    let run = Run(history, start(history)) { $0.ignoredSyncs = [1] }
    #expect(!run.violations().isEmpty)
  }

  /// A program that was killed between rename and sync reads the new value when it starts again, acts on it, and would
  /// lose it in a cut: unless the start syncs the folder.
  @Test(arguments: [false, true]) func theSyncAtTheStartIsNeeded(isRemoved: Bool) throws {
    var isNoticed = false
    for cut in 0..<60 {
      let disk = ModelDisk()
      let first = try RecordStore(folder: "/state", fileSystem: disk)
      #expect(first.write(.link, Secret(copying: "1")) == .durable)
      // Where the power goes in other tests, here only the program ends.
      disk.cutAfter = disk.calls + cut
      _ = first.write(.link, Secret(copying: "2"))
      let again = disk.afterCrash()
      again.ignoresEverySync = isRemoved
      let found = Found(try RecordStore(folder: "/state", fileSystem: again).find(.link))
      for survivor in again.survivors() {
        let later = Found(try RecordStore(folder: "/state", fileSystem: survivor).find(.link))
        if later != found { isNoticed = true }
      }
    }
    #expect(isNoticed == isRemoved)
  }

  /// A failed sync of the file is not tried again on the same file: the kernel would report success and have lost it.
  @Test func aFailedSyncIsNotBelieved() throws {
    let disk = ModelDisk()
    let store = try RecordStore(folder: "/state", fileSystem: disk)
    #expect(store.write(.link, Secret(copying: "1")) == .durable)
    let before = disk.calls
    // The calls of a write: create, write, sync, …
    disk.failures = [before + 3: .error(5)]
    guard case .failed(let text) = store.write(.link, Secret(copying: "2")) else {
      Issue.record("a write whose sync failed was called durable")
      return
    }
    #expect(text.contains("sync"))
    #expect(disk.log[before + 2] == "sync")
    #expect(store.write(.link, Secret(copying: "3")) == .durable)
    for survivor in disk.survivors() {
      #expect(Found(try RecordStore(folder: "/state", fileSystem: survivor).find(.link)) == .whole("3"))
    }
  }

  /// What was removed is nowhere on the disk, whatever a cut brings back of names and temporary files.
  @Test func aRemovedSecretIsGone() throws {
    for cut in 0..<80 {
      let disk = ModelDisk()
      let store = try RecordStore(folder: "/state", fileSystem: disk)
      #expect(store.write(.link, Secret(copying: "planted-1")) == .durable)
      // A write that the cut of another power leaves half done, with its temporary file.
      disk.failures = [disk.calls + cut + 1: .error(5), disk.calls + cut + 2: .error(5)]
      _ = store.write(.link, Secret(copying: "planted-2"))
      disk.failures = [:]
      #expect(disk.holds(Array("planted".utf8)))
      guard store.remove(.link) == .durable else {
        Issue.record("the removal failed on a whole disk")
        continue
      }
      for survivor in disk.survivors() {
        #expect(!survivor.holds(Array("planted".utf8)), "after the failing call \(cut + 1)")
      }
    }
  }
}
