import Foundation
import Testing

@testable import ReplenishCore
@testable import ReplenishLinux

@Suite struct SealKeyFileTests {
  private func key(_ folder: TemporaryFolder, count: Int, mode: Int = 0o400) throws -> String {
    try folder.write("key", String(repeating: "k", count: count))
    let path = folder.path + "/key"
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private func refusal(_ path: String) -> String {
    do throws(StorageError) {
      _ = try SealKeyFile.read(path)
      return "taken"
    } catch { return error.text }
  }

  @Test func reads32Bytes() throws {
    let folder = try TemporaryFolder()
    let path = try key(folder, count: 32)
    let seal = try SealKeyFile.read(path)
    #expect(seal.source == path)
    #expect(RecordEnvelope.encode(.link, sequence: 1, payload: Secret(copying: "x"), seal: seal) != nil)
  }

  @Test(arguments: [0, 31, 33, 44, 5000]) func refusesAnotherLength(count: Int) throws {
    let folder = try TemporaryFolder()
    let text = refusal(try key(folder, count: count))
    #expect(text.contains("\(folder.path)/key: ") && text.contains("head -c 32 /dev/urandom > \(folder.path)/key"))
    #expect(text.contains(count < 4096 ? "has \(count) bytes, and a seal key has 32" : "longer than a seal key"))
    #expect(!text.contains("kkkk") && !text.contains("\n"))
  }

  @Test func namesWhatMendsIt() throws {
    let folder = try TemporaryFolder()
    let path = try key(folder, count: 32, mode: 0o644)
    #expect(refusal(path).contains("others may read or change it; run: chown"))
    #expect(refusal(path).contains("&& chmod 0400 \(path)"))
    #expect(refusal(folder.path + "/none").contains("there is no such file; put the key there"))
    #expect(refusal(folder.path).contains("is no regular file"))
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: path)
    #expect(refusal(folder.path + "/link").contains("symbolic link"))
  }

  private func isTaken(owner: UInt32, mode: UInt32, mayBeRoots: Bool = true) -> Bool {
    let file = PrivateFile(noun: "seal key", remedy: "mend it", mayBeRoots: mayBeRoots)
    let status = FileStatus(kind: .regular, owner: owner, mode: mode, links: 1, size: 32)
    do throws(StorageError) {
      try file.check(status, "/run/key", user: 1000)
      return true
    } catch { return false }
  }

  /// A credential of systemd's is the user's own, mode 0400, or root's with an access list, which shows as 0440.
  @Test func takesACredentialOfSystemds() {
    #expect(isTaken(owner: 1000, mode: 0o400) && isTaken(owner: 1000, mode: 0o600))
    #expect(isTaken(owner: 0, mode: 0o400) && isTaken(owner: 0, mode: 0o440))
    #expect(!isTaken(owner: 0, mode: 0o460) && !isTaken(owner: 0, mode: 0o444))
    #expect(!isTaken(owner: 1000, mode: 0o440) && !isTaken(owner: 1001, mode: 0o400))
    #expect(!isTaken(owner: 0, mode: 0o400, mayBeRoots: false))
  }
}
