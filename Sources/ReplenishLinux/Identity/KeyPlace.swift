import CLinux
import ReplenishCore

/// A file of the device's identity, key or certificate, and those beside it with a longer name.
struct KeyPlace {
  let path: String
  let name: String
  let calls: StorageCalls
  private let folder: String

  init(_ path: String, _ calls: StorageCalls) {
    self.path = path
    self.calls = calls
    let parts = FilePath(path)
    folder = parts.folder
    name = parts.name
  }

  /// Calls `body` with the folder that it is in.
  func inFolder<Result>(_ body: (Int32) throws(StorageError) -> Result) throws(StorageError) -> Result {
    let opened: Int32
    do throws(Errno) { opened = try calls.fileSystem.openFolder(folder, in: nil) } catch {
      throw StorageError("open", folder, error)
    }
    defer { calls.close(opened) }
    return try body(opened)
  }

  /// Opens that folder; nil where there is none that this program could write into: behind a symbolic link, for instance.
  func folderIfAny() throws(StorageError) -> Int32? {
    do throws(Errno) { return try calls.fileSystem.openFolder(folder, in: nil) } catch {
      if [ENOENT, ENOTDIR, ELOOP, EACCES].contains(error.code) { return nil }
      throw StorageError("open", folder, error)
    }
  }

  /// Whether there is such a file, whatever it is.
  func has(_ suffix: String, in folder: Int32) throws(StorageError) -> Bool {
    do throws(Errno) {
      calls.close(try calls.fileSystem.openForReading(name + suffix, in: folder))
      return true
    } catch {
      if error.code == ENOENT { return false }
      throw StorageError("open", path + suffix, error)
    }
  }

  /// Writes a file: whole and durable before this returns, or not at all.
  func write(_ contents: Secret, _ suffix: String, in folder: Int32) throws(StorageError) {
    let new = name + suffix + ".new"
    do throws(Errno) {
      let file = try calls.createAnew(new, in: folder)
      do throws(Errno) {
        try calls.writeAll(file, contents)
        try calls.fileSystem.sync(file)
      } catch {
        calls.close(file)
        throw error
      }
      calls.close(file)
      try calls.fileSystem.rename(new, to: name + suffix, in: folder)
      try calls.fileSystem.sync(folder)
    } catch { throw StorageError("write", path, error) }
  }

  /// Puts the file with a longer name in the place of this one, durably.
  func take(_ suffix: String, in folder: Int32) throws(StorageError) {
    do throws(Errno) {
      try calls.fileSystem.rename(name + suffix, to: name, in: folder)
      try calls.fileSystem.sync(folder)
    } catch { throw StorageError("replace", path, error) }
  }
}
