/// The seam between records and the disk: every system call of storage, one method each, and nothing more.
///
/// The tests' disk implements it too, so each method promises what the call promises and no more: a write may be
/// short, and nothing is durable before ``sync(_:)`` returns. Retries and cleaning up are the caller's.
public protocol FileSystem: AnyObject {
  /// Opens a folder, never through a symbolic link (`O_DIRECTORY | O_NOFOLLOW`). A path is taken from `folder`, or, if
  /// that is nil, from the working directory.
  func openFolder(_ path: String, in folder: Int32?) throws(Errno) -> Int32
  /// Makes a folder of mode 0700.
  func makeFolder(_ path: String) throws(Errno)
  /// Opens a file for reading, never through a symbolic link (`O_NOFOLLOW`).
  func openForReading(_ name: String, in folder: Int32) throws(Errno) -> Int32
  /// Makes a file of mode 0600 that did not exist (`O_CREAT | O_EXCL | O_NOFOLLOW`) and opens it for writing.
  func create(_ name: String, in folder: Int32) throws(Errno) -> Int32
  /// Reads at most the buffer's count of bytes from where the last read ended; 0 at the end of the file.
  func read(_ file: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int
  /// Writes at most all the bytes where the last write ended; returns how many.
  func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int
  /// Makes what was written to a file, or what was renamed and removed in a folder, durable (`fsync`).
  func sync(_ descriptor: Int32) throws(Errno)
  /// Closes a descriptor. It is closed whatever the outcome.
  func close(_ descriptor: Int32) throws(Errno)
  /// Renames a file inside a folder, over another one if need be.
  func rename(_ name: String, to newName: String, in folder: Int32) throws(Errno)
  /// Removes a file's name from a folder.
  func remove(_ name: String, in folder: Int32) throws(Errno)
  /// What is open under a descriptor.
  func status(_ descriptor: Int32) throws(Errno) -> FileStatus
  /// The names in a folder, in no order, without `.` and `..`.
  func names(in folder: Int32) throws(Errno) -> [String]
  /// Takes the only lock on an open folder (`flock`), which closing gives back; EWOULDBLOCK if another has it.
  func lock(_ folder: Int32) throws(Errno)
  /// The user that this process acts as.
  var user: UInt32 { get }
}

/// What `fstat` tells of an open file, as far as storage asks.
public struct FileStatus: Equatable {
  /// The kinds of file that storage tells apart.
  public enum Kind: Equatable {
    /// A regular file.
    case regular
    /// A folder.
    case folder
    /// Anything else: a socket, a FIFO, a device.
    case other
  }

  /// The kind of file.
  public var kind: Kind
  /// The owner.
  public var owner: UInt32
  /// The permission bits, `0o600` for instance, the sticky bit (`0o1000`) included.
  public var mode: UInt32
  /// How many names the file has.
  public var links: UInt64
  /// The length in bytes.
  public var size: UInt64

  /// Makes a status.
  public init(kind: Kind, owner: UInt32, mode: UInt32, links: UInt64, size: UInt64) {
    self.kind = kind
    self.owner = owner
    self.mode = mode
    self.links = links
    self.size = size
  }
}
