import CLinux
import ReplenishCore

extension RecordStore {
  /// Opens the folder, makes it if need be, and checks it and its parent.
  static func openFolder(_ path: String, _ calls: StorageCalls) throws(StorageError) -> Int32 {
    let folder: Int32
    do throws(Errno) {
      folder = try openOrMake(path, calls)
    } catch {
      throw StorageError("open", path, error)
    }
    do throws(StorageError) {
      try RecordChecks.folder(status(of: folder, path, calls), path: path, user: calls.fileSystem.user)
      try checkAndSyncParent(of: folder, path, calls)
    } catch {
      calls.close(folder)
      throw error
    }
    return folder
  }

  private static func openOrMake(_ path: String, _ calls: StorageCalls) throws(Errno) -> Int32 {
    do throws(Errno) {
      return try calls.uninterrupted { () throws(Errno) in try calls.fileSystem.openFolder(path, in: nil) }
    } catch {
      guard error.code == ENOENT else { throw error }
      try calls.uninterrupted { () throws(Errno) in try calls.fileSystem.makeFolder(path) }
      return try calls.uninterrupted { () throws(Errno) in try calls.fileSystem.openFolder(path, in: nil) }
    }
  }

  /// The parent is synced at each start, and not only when the folder was made: the start that made it may have been
  /// killed before its sync, and a cut would then take the folder with all that was put in it since.
  private static func checkAndSyncParent(of folder: Int32, _ path: String, _ calls: StorageCalls) throws(StorageError) {
    let parent: Int32
    do throws(Errno) {
      parent = try calls.uninterrupted { () throws(Errno) in try calls.fileSystem.openFolder("..", in: folder) }
    } catch {
      // A parent that we may pass through but not open was made by the service manager, which answers for it.
      if error.code == EACCES { return }
      throw StorageError("open", path + "/..", error)
    }
    defer { calls.close(parent) }
    try RecordChecks.parent(status(of: parent, path + "/..", calls), of: path, user: calls.fileSystem.user)
    do throws(Errno) {
      try calls.fileSystem.sync(parent)
    } catch {
      // The root of a read-only system cannot be synced on some file systems; then nobody made a folder in it either.
      if error.code != EINVAL && error.code != EROFS { throw StorageError("sync", path + "/..", error) }
    }
  }

  private static func status(of descriptor: Int32, _ path: String, _ calls: StorageCalls) throws(StorageError)
    -> FileStatus
  {
    do throws(Errno) {
      return try calls.uninterrupted { () throws(Errno) in try calls.fileSystem.status(descriptor) }
    } catch {
      throw StorageError("examine", path, error)
    }
  }

  static func lock(_ folder: Int32, _ path: String, _ calls: StorageCalls) throws(StorageError) -> Int32 {
    var own: Int32?
    do throws(Errno) {
      let opened = try calls.uninterrupted { () throws(Errno) in try calls.fileSystem.openFolder(".", in: folder) }
      own = opened
      try calls.uninterrupted { () throws(Errno) in try calls.fileSystem.lock(opened) }
      return opened
    } catch {
      if let own { calls.close(own) }
      guard error.code == EWOULDBLOCK else { throw StorageError("lock", path, error) }
      throw StorageError("\(path): another process keeps its records there; stop it, or name another folder")
    }
  }

  /// Removes what an interrupted write left, checks every copy, and makes durable what is now read.
  ///
  /// The last matters after a crash of the program: what it had renamed but not synced is read as the newest, is acted
  /// on, and a cut would then bring the older one back.
  func tidy(_ folder: Int32) throws(StorageError) {
    let names = try listed()
    for kind in RecordKind.allCases {
      if contains(names, temporary(kind)) {
        try attempt("remove", path + "/" + temporary(kind)) { () throws(Errno) in
          try calls.uninterrupted { () throws(Errno) in try fileSystem.remove(temporary(kind), in: folder) }
        }
      }
      for index in 0...1 where contains(names, slot(kind, index)) { try check(slot(kind, index), in: folder) }
    }
    try syncFolder()
  }

  private func check(_ name: String, in folder: Int32) throws(StorageError) {
    let file: Int32
    do throws(Errno) {
      file = try calls.uninterrupted { () throws(Errno) in try fileSystem.openForReading(name, in: folder) }
    } catch {
      switch error.code {
      case EIO: return note("\(path)/\(name): could not be opened (\(error.text))")
      case ELOOP:
        throw StorageError("\(path)/\(name): is a symbolic link; run: rm \(StorageError.quoted(path + "/" + name))")
      default: throw StorageError("open", path + "/" + name, error)
      }
    }
    defer { calls.close(file) }
    let status = try attempt("examine", path + "/" + name) { () throws(Errno) in
      try calls.uninterrupted { () throws(Errno) in try fileSystem.status(file) }
    }
    try RecordChecks.file(status, path: path + "/" + name, user: fileSystem.user)
  }
}
