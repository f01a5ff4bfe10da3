import Glibc
import ReplenishCore

/// A file that holds a secret: a login, a label, a device's record.
public enum SecretFile {
  /// Why a file could not be read or written. The text names the file, what failed, and what to do.
  public struct Failure: Error, Equatable {
    /// One sentence for a person.
    public let text: String

    /// Makes a failure.
    public init(_ text: String) { self.text = text }

    init(_ action: String, _ path: String, _ code: Int32) {
      self.init("\(path): cannot \(action): \(String(cString: strerror(code)))")
    }
  }

  /// Reads a whole file of at most `limit` bytes; `-` reads the standard input.
  public static func read(_ path: String, limit: Int) throws(Failure) -> Secret {
    let descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure("open it to read", path, errno) }
    defer { close(descriptor) }
    var used = 0
    var failed: Int32 = 0
    // One byte more than allowed, so that a longer file is noticed.
    let whole = Secret(count: limit + 1) { memory in
      while used < memory.count {
        let count = Glibc.read(descriptor, memory.baseAddress?.advanced(by: used), memory.count - used)
        if count < 0, errno == EINTR { continue }
        if count < 0 { failed = errno }
        if count <= 0 { return }
        used += count
      }
    }
    guard failed == 0 else { throw Failure("read it", path, failed) }
    guard used <= limit else { throw Failure("\(path) is larger than \(limit) bytes, so it is not what was asked for") }
    return Secret(count: used) { target in
      whole.withBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<used])) }
    }
  }

  /// Writes a new file that only its owner may read (0600), down to the disk. Never replaces one.
  public static func create(_ path: String, _ contents: Secret) throws(Failure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Failure("create it", path, errno) }
    defer { close(descriptor) }
    var failed: Int32 = 0
    contents.withBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          failed = errno
          return
        }
        rest = rest.dropFirst(count)
      }
      if fsync(descriptor) != 0 { failed = errno }
    }
    guard failed == 0 else {
      unlink(path)
      throw Failure("write it", path, failed)
    }
  }
}
