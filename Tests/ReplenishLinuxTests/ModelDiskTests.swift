import ReplenishLinux
import ReplenishTestSupport
import Testing

/// The tests' disk is itself put to the test: a disk that forgets nothing would let every program pass.
@Suite struct ModelDiskTests {
  private func write(_ disk: ModelDisk, _ text: String, sync: Bool, syncFolder: Bool) throws {
    let folder = try disk.openFolder("/state", in: nil)
    let file = try disk.create("a", in: folder)
    let count = try Array(text.utf8).withUnsafeBytes { try disk.write(file, $0) }
    #expect(count == text.utf8.count)
    if sync { try disk.sync(file) }
    try disk.close(file)
    if syncFolder { try disk.sync(folder) }
  }

  private func outcomes(_ disk: ModelDisk) -> Set<[UInt8]?> { Set(disk.survivors().map { $0.contents("/state/a") }) }

  @Test func forgetsInEveryWayWhatWasNotSynced() throws {
    let disk = ModelDisk()
    try write(disk, "ab", sync: false, syncFolder: false)
    // No name; a name of nothing; a length of zeros; the bytes.
    #expect(outcomes(disk) == [nil, [], [0, 0], Array("ab".utf8)])
  }

  @Test func keepsWhatWasSynced() throws {
    let disk = ModelDisk()
    try write(disk, "ab", sync: true, syncFolder: true)
    #expect(outcomes(disk) == [Array("ab".utf8)])
  }

  @Test func tellsTheFileFromItsName() throws {
    let nameless = ModelDisk()
    try write(nameless, "ab", sync: true, syncFolder: false)
    #expect(outcomes(nameless) == [nil, Array("ab".utf8)])
    let empty = ModelDisk()
    try write(empty, "ab", sync: false, syncFolder: true)
    #expect(outcomes(empty) == [[], [0, 0], Array("ab".utf8)])
  }

  @Test func aSyncThatFailedCannotBeRepeated() throws {
    let disk = ModelDisk()
    let folder = try disk.openFolder("/state", in: nil)
    let file = try disk.create("a", in: folder)
    _ = try [UInt8(1)].withUnsafeBytes { try disk.write(file, $0) }
    disk.failures = [disk.calls + 1: .error(5)]
    #expect(throws: Errno(5)) { try disk.sync(file) }
    try disk.sync(file)
    try disk.sync(folder)
    #expect(outcomes(disk) == [[], [0], [1]])
  }

  @Test func doesNothingWithoutPower() throws {
    let disk = ModelDisk()
    disk.cutAfter = 2
    let folder = try disk.openFolder("/state", in: nil)
    _ = try disk.create("a", in: folder)
    #expect(!disk.isPowerLost)
    #expect(throws: ModelDisk.powerLost) { try disk.create("b", in: folder) }
    #expect(disk.isPowerLost)
    #expect(disk.survivors().allSatisfy { $0.list("/state").isEmpty || $0.list("/state") == ["a"] })
  }

  @Test func samplesTheSameWhereThereAreTooMany() throws {
    let disk = ModelDisk()
    let folder = try disk.openFolder("/state", in: nil)
    for index in 0..<30 { _ = try disk.create("f\(index)", in: folder) }
    #expect(disk.pendingCount == 30)
    let first = disk.survivors(limit: 64).map { $0.list("/state") }
    #expect(first == disk.survivors(limit: 64).map { $0.list("/state") })
    #expect(first.contains([]))
    #expect(first.contains { $0.count == 30 })
    #expect(Set(first).count > 32)
  }
}
