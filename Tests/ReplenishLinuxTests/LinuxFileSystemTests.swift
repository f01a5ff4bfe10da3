import Foundation
import ReplenishCore
import ReplenishLinux
import Testing

/// The same store on the kernel's file system.
@Suite struct LinuxFileSystemTests {
  @Test func keepsRecordsFromOneStartToTheNext() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/state"
    let store = try RecordStore(folder: path, fileSystem: LinuxFileSystem())
    #expect(store.write(.link, Secret(copying: "1")) == .durable)
    #expect(store.write(.link, Secret(copying: "2")) == .durable)
    #expect(store.write(.journal, Secret(copying: "j")) == .durable)
    #expect(store.remove(.journal) == .durable)
    store.close()
    #expect(try folder.mode("state") == 0o700)
    #expect(try folder.mode("state/link.0") == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == ["link.0", "link.1"])
    let again = try RecordStore(folder: path, fileSystem: LinuxFileSystem())
    #expect(Found(again.find(.link)) == .whole("2"))
    #expect(Found(again.find(.journal)) == .absent)
    again.close()
  }

  @Test func refusesLooseBitsLinksAndASecondWriter() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/state"
    let store = try RecordStore(folder: path, fileSystem: LinuxFileSystem())
    #expect(store.write(.link, Secret(copying: "1")) == .durable)
    #expect(throws: StorageError.self) { try RecordStore(folder: path, fileSystem: LinuxFileSystem()) }
    store.close()
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path + "/link.0")
    let loose = #expect(throws: StorageError.self) { try RecordStore(folder: path, fileSystem: LinuxFileSystem()) }
    #expect(loose?.text.contains("run: chmod 0600 \(path)/link.0") == true)
    try FileManager.default.removeItem(atPath: path + "/link.0")
    try FileManager.default.createSymbolicLink(atPath: path + "/link.0", withDestinationPath: "/etc/passwd")
    let link = #expect(throws: StorageError.self) { try RecordStore(folder: path, fileSystem: LinuxFileSystem()) }
    #expect(link?.text.contains("run: rm \(path)/link.0") == true)
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
