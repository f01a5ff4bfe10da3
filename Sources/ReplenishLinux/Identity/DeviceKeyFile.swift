import CLinux
import ReplenishCore

/// The file of a device's private key, in PEM, which only the program's user or root may read.
public enum DeviceKeyFile {
  private static let remedy = "make it with: dash-button --certificate-request"

  /// Reads the key, or makes it where there is no such file: whole and durable before this returns.
  ///
  /// - Throws: ``StorageError`` with what mends it. A file that holds something else is left as it is.
  public static func readOrMake(_ path: String) throws(StorageError) -> DeviceKey {
    try readOrMake(KeyPlace(path, StorageCalls(fileSystem: LinuxFileSystem())), suffix: "")
  }

  static func readOrMake(_ place: KeyPlace, suffix: String) throws(StorageError) -> DeviceKey {
    let path = place.path + suffix
    return try place.inFolder { (folder) throws(StorageError) in
      guard try place.has(suffix, in: folder) else { return try make(place, suffix, in: folder) }
      let pem = try PrivateFile(noun: "private key", remedy: remedy, mayBeRoots: true).read(
        place.name + suffix, in: folder, path, place.calls)
      guard let key = DeviceKey(pem: pem) else {
        throw StorageError(
          "\(path): holds no private key on P-256 in PEM without a pass phrase; remove it, then \(remedy)")
      }
      return key
    }
  }

  private static func make(
    _ place: KeyPlace, _ suffix: String, in folder: Int32
  ) throws(StorageError) -> DeviceKey {
    guard let key = DeviceKey(), let pem = key.pem() else {
      throw StorageError("\(place.path): no key could be made; is memory left, and does /dev/urandom answer?")
    }
    try place.write(pem, suffix, in: folder)
    return key
  }
}
