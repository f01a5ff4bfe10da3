import ReplenishTestSupport
import Testing

@testable import ReplenishCore
@testable import ReplenishLinux

/// The files of a device's next key, over every cut of the power and every failing call.
@Suite struct NextKeyFilesTests {
  /// Names of a pair: what stands in place of a certificate names its key.
  private struct Pair: Equatable {
    var key: String
    var certificate: String
  }

  /// The cloud, as far as it trusts keys.
  private final class Trust {
    var present: String
    var next: String?

    init(_ present: String) { self.present = present }

    /// A certificate for a key.
    func certify(_ key: String) -> String {
      next = key
      return "certificate of " + key
    }

    /// Whether a key is let in; the next one is the present one from then on.
    func admits(_ key: String) -> Bool {
      if key == next {
        present = key
        next = nil
      }
      return key == present
    }
  }

  private static var present: HTTPClientConfiguration.ClientCertificate {
    HTTPClientConfiguration.ClientCertificate(
      certificateFile: "/certificates/device.pem", privateKeyFile: "/state/device.key")
  }

  private func text(_ key: DeviceKey) -> String {
    key.pem().map { $0.withBytes { String(decoding: $0, as: UTF8.self) } } ?? ""
  }

  /// A disk with a first pair on it, durably.
  private func disk() throws -> (disk: ModelDisk, key: String) {
    let disk = ModelDisk()
    // In a folder of its own, which nothing that is done to the key's makes durable.
    try disk.makeFolder("/certificates")
    try disk.sync(try disk.openFolder("/", in: nil))
    let calls = StorageCalls(fileSystem: disk)
    let key = try DeviceKeyFile.readOrMake(KeyPlace(Self.present.privateKeyFile, calls), suffix: "")
    let place = KeyPlace(Self.present.certificateFile, calls)
    try place.inFolder { (folder) throws(StorageError) in
      try place.write(Secret(copying: "certificate of " + text(key)), "", in: folder)
    }
    return (disk, text(key))
  }

  private func read(_ disk: ModelDisk, _ path: String) throws -> String {
    let place = KeyPlace(path, StorageCalls(fileSystem: disk))
    return try place.inFolder { (folder) throws(StorageError) in
      do throws(Errno) {
        let file = try disk.openForReading(place.name, in: folder)
        let bytes = try place.calls.readAll(file, limit: 65_536)
        return bytes.map { $0.withBytes { String(decoding: $0, as: UTF8.self) } } ?? ""
      } catch { throw StorageError("read", path, error) }
    }
  }

  private func pair(_ disk: ModelDisk) throws -> Pair {
    Pair(key: try read(disk, Self.present.privateKeyFile), certificate: try read(disk, Self.present.certificateFile))
  }

  /// What the device does: the key, the cloud's certificate, their adoption, and the first use.
  private func renew(_ disk: ModelDisk, _ trust: Trust) throws {
    let files = NextKeyFiles(Self.present, fileSystem: disk)
    try files.finish()
    let next = text(try files.readOrMake())
    // The request shows the present pair.
    let shown = try pair(disk)
    try #require(shown.certificate == "certificate of " + shown.key)
    try #require(trust.admits(shown.key))
    try files.adopt(Secret(copying: trust.certify(next)))
    let adopted = try pair(disk)
    #expect(adopted == Pair(key: next, certificate: "certificate of " + next))
    #expect(trust.admits(adopted.key))
  }

  @Test func theNewPairTakesThePlaceOfTheOldOne() throws {
    let (disk, old) = try disk()
    let trust = Trust(old)
    try renew(disk, trust)
    #expect(try pair(disk).key != old)
    #expect(!trust.admits(old))
    for (folder, name) in [("/state", "device.key"), ("/certificates", "device.pem")] {
      #expect(try disk.names(in: try disk.openFolder(folder, in: nil)) == [name])
    }
    try renew(disk, trust)
  }

  /// The power goes after every call; whatever the disk kept, the device has a pair that the cloud lets in, and a renewal
  /// that is begun again ends well.
  @Test func whateverIsCutTheDeviceIsLetIn() throws {
    var lives = 0
    var cut = 0
    while true {
      let (disk, old) = try disk()
      let trust = Trust(old)
      disk.cutAfter = disk.calls + cut
      do { try renew(disk, trust) } catch { #expect(disk.isPowerLost, "\(error)") }
      for survivor in disk.survivors(limit: 64) {
        let after = Trust(trust.present)
        after.next = trust.next
        try NextKeyFiles(Self.present, fileSystem: survivor).finish()
        let found = try pair(survivor)
        #expect(found.certificate == "certificate of " + found.key, "cut \(cut): a pair that is none")
        #expect(after.admits(found.key), "cut \(cut): the device is shut out")
        try renew(survivor, after)
        lives += 1
      }
      if !disk.isPowerLost { break }
      cut += 1
    }
    #expect(cut > 20 && lives > 40)
  }

  /// Each call fails once: what is told is no success, and the device is let in, at once and after a restart.
  @Test(arguments: [Int32(5), 28])  // EIO, ENOSPC
  func aCallThatFailsShutsNobodyOut(error: Int32) throws {
    var call = 0
    while true {
      let (disk, old) = try disk()
      let trust = Trust(old)
      call += 1
      let before = disk.calls
      disk.failures[before + call] = .error(error)
      do { try renew(disk, trust) } catch {}
      if disk.calls < before + call { break }
      for next in [disk.afterCrash()] + disk.survivors(limit: 16) {
        let after = Trust(trust.present)
        after.next = trust.next
        try NextKeyFiles(Self.present, fileSystem: next).finish()
        let found = try pair(next)
        #expect(found.certificate == "certificate of " + found.key, "call \(call)")
        #expect(after.admits(found.key), "call \(call)")
        try renew(next, after)
      }
    }
    #expect(call > 20)
  }

  /// Without one of the syncs, some cut in this renewal or the next one shuts the device out.
  @Test func everySyncCounts() throws {
    let (whole, key) = try disk()
    let before = whole.syncs
    try renew(whole, Trust(key))
    try #require(whole.syncs - before == 6)
    for left in (before + 1)...whole.syncs {
      var isShutOut = false
      var cut = 0
      while !isShutOut {
        let (disk, old) = try disk()
        let trust = Trust(old)
        disk.ignoredSyncs = [left]
        disk.cutAfter = disk.calls + cut
        do {
          try renew(disk, trust)
          try renew(disk, trust)
        } catch {}
        for survivor in disk.survivors(limit: 256) where !isShutOut {
          do {
            try NextKeyFiles(Self.present, fileSystem: survivor).finish()
            let found = try pair(survivor)
            let after = Trust(trust.present)
            after.next = trust.next
            isShutOut = found.certificate != "certificate of " + found.key || !after.admits(found.key)
          } catch { isShutOut = true }
        }
        if !disk.isPowerLost { break }
        cut += 1
      }
      #expect(isShutOut, "sync \(left - before) could be left out")
    }
  }
}
