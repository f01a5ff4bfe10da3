/// What must be true of the folder and the files of records, asked of open descriptors only.
///
/// Bits are compared as "no looser than": a tighter mode is as good, and a check of equality would refuse it.
enum RecordChecks {
  static func folder(_ status: FileStatus, path: String, user: UInt32) throws(StorageError) {
    let name = StorageError.quoted(path)
    guard status.owner == user else {
      throw StorageError("\(path): belongs to user \(status.owner), not to this one; run: chown \(user) \(name)")
    }
    guard status.mode & 0o077 == 0 else {
      throw StorageError("\(path): others may open it (mode \(octal(status.mode))); run: chmod 0700 \(name)")
    }
  }

  /// A parent that others may write lets them put another folder in our place.
  static func parent(_ status: FileStatus, of path: String, user: UInt32) throws(StorageError) {
    let name = StorageError.quoted(path + "/..")
    guard status.owner == user || status.owner == 0 else {
      throw StorageError("\(path): its parent folder belongs to user \(status.owner); run: chown root \(name)")
    }
    guard status.mode & 0o022 == 0 || status.mode & 0o1000 != 0 else {
      throw StorageError(
        "\(path): others may rename it, since they may write its parent folder (mode \(octal(status.mode))); "
          + "run: chmod go-w \(name)")
    }
  }

  static func file(_ status: FileStatus, path: String, user: UInt32) throws(StorageError) {
    let name = StorageError.quoted(path)
    guard status.kind == .regular else { throw StorageError("\(path): is no regular file; run: rm \(name)") }
    guard status.owner == user else {
      throw StorageError("\(path): belongs to user \(status.owner), not to this one; run: chown \(user) \(name)")
    }
    guard status.mode & 0o177 == 0 else {
      throw StorageError("\(path): others may read it (mode \(octal(status.mode))); run: chmod 0600 \(name)")
    }
    guard status.links == 1 else {
      throw StorageError(
        "\(path): has \(status.links) names; find the others and remove them: find / -samefile \(name)")
    }
  }

  private static func octal(_ mode: UInt32) -> String { "0" + String(mode & 0o7777, radix: 8) }
}
