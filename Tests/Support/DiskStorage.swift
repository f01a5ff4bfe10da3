import ReplenishCore
import ReplenishLinux

/// The records of a simulated device on a ``ModelDisk``: a whole life can lose its power at every call of storage.
package final class DiskStorage: LifeStorage {
  package let disk: ModelDisk
  package let store: RecordStore

  /// Opens the records as a device does when it starts.
  package init(_ disk: ModelDisk, seal: RecordSeal? = nil) throws(StorageError) {
    self.disk = disk
    store = try RecordStore(folder: "/state", fileSystem: disk, seal: seal)
  }

  /// After it, ask whether ``ModelDisk/isPowerLost``: then nothing that was found counts.
  package func find(_ kind: RecordKind) -> RecordFinding { store.find(kind) }

  package func write(_ kind: RecordKind, _ contents: Secret) throws(PowerLost) -> StoreOutcome {
    let outcome = store.write(kind, contents)
    if disk.isPowerLost { throw PowerLost() }
    return outcome
  }

  package func remove(_ kind: RecordKind) throws(PowerLost) -> StoreOutcome {
    let outcome = store.remove(kind)
    if disk.isPowerLost { throw PowerLost() }
    return outcome
  }
}
