import CLinux
import ReplenishCore

/// The record that the factory wrote for this device: what proves the setup code without holding it.
public enum SetupRecordFile {
  /// Whether something of that name is there, readable or not.
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 || replenish_errno() != ENOENT }

  /// Reads the record. It must be ours, and nobody else may read it, the group included: whoever reads it can
  /// find the setup code in hours.
  ///
  /// - Throws: ``StorageError`` with the command that mends it.
  public static func read(_ path: String) throws(StorageError) -> Secret {
    try PrivateFile(noun: "setup record", remedy: "name the factory's record", mayBeRoots: false).read(path)
  }
}
