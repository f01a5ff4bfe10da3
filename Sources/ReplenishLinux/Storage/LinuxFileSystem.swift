import CLinux

/// The ``FileSystem`` of the running kernel.
public final class LinuxFileSystem: FileSystem {
  /// Makes one; it holds nothing.
  public init() {}

  /// See ``FileSystem/openFolder(_:in:)``.
  public func openFolder(_ path: String, in folder: Int32?) throws(Errno) -> Int32 {
    try checked(path.withCString { replenish_open_folder(folder ?? AT_FDCWD, $0) })
  }

  /// See ``FileSystem/makeFolder(_:)``.
  public func makeFolder(_ path: String) throws(Errno) {
    try checked(path.withCString { mkdir($0, 0o700) })
  }

  /// See ``FileSystem/openForReading(_:in:)``.
  public func openForReading(_ name: String, in folder: Int32) throws(Errno) -> Int32 {
    try checked(name.withCString { replenish_open_reading(folder, $0) })
  }

  /// See ``FileSystem/create(_:in:)``.
  public func create(_ name: String, in folder: Int32) throws(Errno) -> Int32 {
    try checked(name.withCString { replenish_open_creating(folder, $0) })
  }

  /// See ``FileSystem/read(_:into:)``.
  public func read(_ file: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    try checked(CLinux.read(file, buffer.baseAddress, buffer.count))
  }

  /// See ``FileSystem/write(_:_:)``.
  public func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
    try checked(CLinux.write(file, bytes.baseAddress, bytes.count))
  }

  /// See ``FileSystem/sync(_:)``.
  public func sync(_ descriptor: Int32) throws(Errno) {
    try checked(fsync(descriptor))
  }

  /// See ``FileSystem/close(_:)``.
  public func close(_ descriptor: Int32) throws(Errno) {
    try checked(CLinux.close(descriptor))
  }

  /// See ``FileSystem/rename(_:to:in:)``.
  public func rename(_ name: String, to newName: String, in folder: Int32) throws(Errno) {
    try checked(name.withCString { old in newName.withCString { new in renameat(folder, old, folder, new) } })
  }

  /// See ``FileSystem/remove(_:in:)``.
  public func remove(_ name: String, in folder: Int32) throws(Errno) {
    try checked(name.withCString { unlinkat(folder, $0, 0) })
  }

  /// See ``FileSystem/status(_:)``.
  public func status(_ descriptor: Int32) throws(Errno) -> FileStatus {
    var status = stat()
    try checked(replenish_fstat(descriptor, &status))
    let kind: FileStatus.Kind
    if replenish_is_regular(&status) != 0 {
      kind = .regular
    } else {
      kind = replenish_is_folder(&status) != 0 ? .folder : .other
    }
    return FileStatus(
      kind: kind, owner: status.st_uid, mode: UInt32(status.st_mode) & 0o7777, links: UInt64(status.st_nlink),
      size: UInt64(clamping: status.st_size))
  }

  /// See ``FileSystem/names(in:)``.
  public func names(in folder: Int32) throws(Errno) -> [String] {
    // A stream closes its descriptor and moves its offset, so it gets one of its own.
    let own = try openFolder(".", in: folder)
    guard let stream = fdopendir(own) else {
      let error = Errno.last
      _ = CLinux.close(own)
      throw error
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      replenish_clear_errno()
      guard let entry = readdir(stream) else { break }
      guard let text = replenish_entry_name(entry) else { continue }
      let name = String(cString: text)
      if name.utf8.elementsEqual(".".utf8) || name.utf8.elementsEqual("..".utf8) { continue }
      names.append(name)
    }
    guard replenish_errno() == 0 else { throw Errno.last }
    return names
  }

  /// See ``FileSystem/lock(_:)``.
  public func lock(_ folder: Int32) throws(Errno) {
    try checked(flock(folder, LOCK_EX | LOCK_NB))
  }

  /// See ``FileSystem/user``.
  public var user: UInt32 { geteuid() }

  @discardableResult
  private func checked<Result: SignedInteger>(_ result: Result) throws(Errno) -> Result {
    if result < 0 { throw Errno.last }
    return result
  }
}
