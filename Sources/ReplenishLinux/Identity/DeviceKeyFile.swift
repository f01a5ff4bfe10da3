import CLinux
import ReplenishCore

/// The file of a device's private key, in PEM, which only the program's user or root may read.
public enum DeviceKeyFile {
  private static let remedy = "make it with: dash-button --certificate-request"

  /// Reads the key, or makes it where there is no such file: whole and durable before this returns.
  ///
  /// - Throws: ``StorageError`` with what mends it. A file that holds something else is left as it is.
  public static func readOrMake(_ path: String) throws(StorageError) -> DeviceKey {
    let calls = StorageCalls(fileSystem: LinuxFileSystem())
    let place = FilePath(path)
    let folder: Int32
    do throws(Errno) { folder = try calls.fileSystem.openFolder(place.folder, in: nil) } catch {
      throw StorageError("open", place.folder, error)
    }
    defer { calls.close(folder) }
    do throws(Errno) {
      calls.close(try calls.fileSystem.openForReading(place.name, in: folder))
    } catch {
      guard error.code == ENOENT else { throw StorageError("open", path, error) }
      return try make(path, place.name, in: folder, calls)
    }
    let pem = try PrivateFile(noun: "private key", remedy: remedy, mayBeRoots: true).read(path)
    guard let key = DeviceKey(pem: pem) else {
      throw StorageError(
        "\(path): holds no private key on P-256 in PEM without a pass phrase; remove it, then \(remedy)")
    }
    return key
  }

  private static func make(
    _ path: String, _ name: String, in folder: Int32, _ calls: StorageCalls
  ) throws(StorageError) -> DeviceKey {
    guard let key = DeviceKey(), let pem = key.pem() else {
      throw StorageError("\(path): no key could be made; is memory left, and does /dev/urandom answer?")
    }
    let new = name + ".new"
    do throws(Errno) {
      let file = try calls.createAnew(new, in: folder)
      do throws(Errno) {
        try calls.writeAll(file, pem)
        try calls.fileSystem.sync(file)
      } catch {
        calls.close(file)
        throw error
      }
      calls.close(file)
      try calls.fileSystem.rename(new, to: name, in: folder)
      try calls.fileSystem.sync(folder)
    } catch { throw StorageError("write", path, error) }
    return key
  }
}
