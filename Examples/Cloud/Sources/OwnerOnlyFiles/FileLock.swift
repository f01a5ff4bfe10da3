import Foundation
import Glibc

/// A lock between processes of one machine: `flock` on a file that stays. The kernel lets go of it when a process ends,
/// however it ends.
public final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock; nil when somebody else has it now.
  public init?(_ path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw PrivateFile.Failure(description: "\(path): cannot open the lock: \(PrivateFile.reason()).")
    }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      let (code, reason) = (errno, PrivateFile.reason())
      close(descriptor)
      if code == EWOULDBLOCK { return nil }
      throw PrivateFile.Failure(description: "\(path): cannot lock: \(reason).")
    }
    self.descriptor = descriptor
  }

  /// Lets go.
  deinit { close(descriptor) }
}
