import Foundation
import ReplenishCore
import ReplenishLinux
import ReplenishTestSupport
import Testing

/// The same store on the kernel's file system.
@Suite struct LinuxFileSystemTests {
  /// As `replenish-selftest` does on a board's own file system.
  @Test func keepsRecordsAndRefusesWhatIsNotOurs() throws {
    let folder = try TemporaryFolder()
    for check in StorageChecks.checks(in: folder.path) {
      let wrong = check.run()
      #expect(wrong.isEmpty, "\(check.name): \(wrong)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty, "a check left something")
  }

  @Test func refusesAFolderBehindASymbolicLink() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/state"
    try RecordStore(folder: path, fileSystem: LinuxFileSystem()).close()
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/other", withDestinationPath: path)
    #expect(throws: StorageError.self) {
      try RecordStore(folder: folder.path + "/other", fileSystem: LinuxFileSystem())
    }
  }

  @Test func readsTheFactorysRecord() throws {
    let folder = try TemporaryFolder()
    try folder.write("setup", "record")
    let path = folder.path + "/setup"
    try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    #expect(try SetupRecordFile.read(path).withBytes { Array($0) } == Array("record".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    let loose = #expect(throws: StorageError.self) { try SetupRecordFile.read(path) }
    #expect(loose?.text.contains("&& chmod 0400 \(path)") == true)
    #expect(throws: StorageError.self) { try SetupRecordFile.read(folder.path) }
    #expect(throws: StorageError.self) { try SetupRecordFile.read(folder.path + "/none") }
  }
}
