import CLinux
import ReplenishCore

/// A small file of the board's that holds something nobody else may read, checked on the open descriptor.
struct PrivateFile {
  /// What it is, for messages.
  let noun: String
  /// What to do where it is not what it should be.
  let remedy: String
  /// Whether it may be root's, as systemd's credentials are where their file system has access lists. The user who may
  /// read such a file is named in its list, and the group's bits show the list's mask.
  let mayBeRoots: Bool

  /// The longest such file in bytes.
  private static var limit: Int { 4096 }

  /// Reads the file.
  ///
  /// - Throws: ``StorageError`` with what mends it.
  func read(_ path: String) throws(StorageError) -> Secret {
    try read(path, in: AT_FDCWD, path, StorageCalls(fileSystem: LinuxFileSystem()))
  }

  /// Reads the file of a name in an open folder; `path` is for messages.
  func read(_ name: String, in folder: Int32, _ path: String, _ calls: StorageCalls) throws(StorageError) -> Secret {
    let contents: Secret?
    let status: FileStatus
    do throws(Errno) {
      let file = try calls.uninterrupted { () throws(Errno) in
        try calls.fileSystem.openForReading(name, in: folder)
      }
      defer { calls.close(file) }
      status = try calls.fileSystem.status(file)
      contents = status.kind == .regular ? try calls.readAll(file, limit: PrivateFile.limit) : nil
    } catch {
      switch error.code {
      case EACCES, EPERM: throw mending(path, "cannot be read by the user of this program", calls.fileSystem.user)
      case ENOENT: throw StorageError("\(path): there is no such file; \(remedy)")
      default: throw StorageError("read", path, error)
      }
    }
    try check(status, path, user: calls.fileSystem.user)
    guard let contents else { throw StorageError("\(path): is longer than a \(noun); \(remedy)") }
    return contents
  }

  func check(_ status: FileStatus, _ path: String, user: UInt32) throws(StorageError) {
    guard status.kind == .regular else { throw StorageError("\(path): is no regular file; \(remedy)") }
    let isRoots = mayBeRoots && status.owner == 0
    guard status.owner == user || isRoots else { throw mending(path, "belongs to user \(status.owner)", user) }
    guard status.mode & (isRoots ? 0o027 : 0o077) == 0 else {
      throw mending(path, "others may read or change it", user)
    }
  }

  private func mending(_ path: String, _ fault: String, _ user: UInt32) -> StorageError {
    let name = StorageError.quoted(path)
    return StorageError("\(path): \(fault); run: chown \(user) \(name) && chmod 0400 \(name)")
  }
}
