import CLinux
import ReplenishCore

/// The record that the factory wrote for this device: what proves the setup code without holding it.
public enum SetupRecordFile {
  /// The longest record in bytes.
  private static var limit: Int { 4096 }

  /// Whether something of that name is there, readable or not.
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 || replenish_errno() != ENOENT }

  /// Reads the record. It must be ours, and nobody else may read it, the group included: whoever reads it can
  /// find the setup code in hours.
  ///
  /// - Throws: ``StorageError`` with the command that mends it.
  public static func read(_ path: String) throws(StorageError) -> Secret {
    let calls = StorageCalls(fileSystem: LinuxFileSystem())
    let contents: Secret?
    let status: FileStatus
    do throws(Errno) {
      let file = try calls.uninterrupted { () throws(Errno) in
        try calls.fileSystem.openForReading(path, in: AT_FDCWD)
      }
      defer { calls.close(file) }
      status = try calls.fileSystem.status(file)
      contents = status.kind == .regular ? try calls.readAll(file, limit: limit) : nil
    } catch {
      guard error.code == EACCES || error.code == EPERM else { throw StorageError("read", path, error) }
      throw mending(path, "cannot be read by the user of this program", calls.fileSystem.user)
    }
    guard status.kind == .regular else { throw StorageError("\(path): is no regular file; name the factory's record") }
    guard status.owner == calls.fileSystem.user else {
      throw mending(path, "belongs to user \(status.owner)", calls.fileSystem.user)
    }
    guard status.mode & 0o077 == 0 else {
      throw mending(path, "others may read or change it", calls.fileSystem.user)
    }
    guard let contents else { throw StorageError("\(path): is longer than a setup record; name the factory's record") }
    return contents
  }

  private static func mending(_ path: String, _ fault: String, _ user: UInt32) -> StorageError {
    let name = StorageError.quoted(path)
    return StorageError("\(path): \(fault); run: chown \(user) \(name) && chmod 0400 \(name)")
  }
}
