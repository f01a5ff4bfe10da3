import Foundation
import Glibc

/// A small file that only its owner may read: keys, the client secret.
///
/// In a module of its own, where the C library's `stat` is the C library's: beside X509 the compiler takes it for a part
/// of another module, now of this one, now of that (seen in 6.3.1).
public enum PrivateFile {
  /// A file that cannot be used, or not be made.
  public struct Failure: Error, CustomStringConvertible {
    /// One line: what is wrong, and what to do.
    public let description: String
  }

  private static let limit = 64 * 1024

  /// Reads it; the checks are made on the open file.
  public static func read(_ path: String, what: String, hint: String) throws -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      throw Failure(description: "\(path): cannot read the \(what): \(reason()); \(hint)")
    }
    defer { close(descriptor) }
    var found = stat()
    guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
      throw Failure(description: "\(path): the \(what) is no regular file; \(hint)")
    }
    guard found.st_mode & 0o077 == 0 else {
      throw Failure(description: "\(path): others may read the \(what); mend it with: chmod 600 \(path)")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw Failure(description: "\(path): cannot read the \(what): \(reason()).")
      }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= limit else {
        throw Failure(description: "\(path): too long for a \(what); \(hint)")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(description: "\(path): the \(what) is not UTF-8; \(hint)")
    }
    return text
  }

  /// Makes it, 0600 from the start and on the disk before this returns.
  public static func create(_ path: String, _ text: String, what: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw Failure(description: "\(path): cannot make the \(what): \(reason()); name a new file.")
    }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
      unlink(path)
      throw Failure(description: "\(path): cannot write the \(what): \(reason()).")
    }
  }

  static func reason() -> String { String(cString: strerror(errno)) }
}
