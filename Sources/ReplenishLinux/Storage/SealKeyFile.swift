import ReplenishCore

/// The file of the key with which a board seals the records that hold tokens: 32 bytes, from which only this program's
/// user, or systemd for that user, lets anybody read.
public enum SealKeyFile {
  /// Reads the key.
  ///
  /// - Throws: ``StorageError`` with what mends it.
  public static func read(_ path: String) throws(StorageError) -> RecordSeal {
    let name = StorageError.quoted(path)
    let remedy =
      "put the key there that this device had; a device that is not linked yet gets one by: "
      + "(umask 077; head -c 32 /dev/urandom > \(name))"
    let key = try PrivateFile(noun: "seal key", remedy: remedy, mayBeRoots: true).read(path)
    guard let seal = RecordSeal(key: key, source: path, random: SystemRandom()) else {
      throw StorageError("\(path): has \(key.count) bytes, and a seal key has \(RecordSeal.keyLength); \(remedy)")
    }
    return seal
  }
}
