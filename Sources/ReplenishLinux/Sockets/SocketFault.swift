import CLinux

/// Why a local socket cannot be used. Says what was wrong, where, and what mends it.
public struct SocketFault: Error, Equatable {
  /// The kinds that a program tells apart.
  public enum Kind: Equatable, Sendable {
    /// Nobody listens there: the daemon is not running.
    case notListening
    /// This user may not use the socket.
    case notPermitted
    /// Another process listens there.
    case inUse
    /// The other side took too long.
    case timedOut
    /// The other side is gone, or refused to talk.
    case closed
    /// Anything else.
    case other
  }

  /// The kind of fault.
  public let kind: Kind
  /// One sentence for a person.
  public let text: String

  init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  /// A system call that failed on the socket at `path`.
  init(_ act: String, _ path: String, _ error: Errno) {
    switch error.code {
    case ENOENT, ECONNREFUSED:
      kind = .notListening
      text = "\(path): nobody listens there; start the daemon, or give the right path"
    case EACCES, EPERM:
      kind = .notPermitted
      text = "\(path): this user may not \(act); join the folder's group, or use sudo"
    case EADDRINUSE:
      kind = .inUse
      text = "\(path): another process listens there; stop it, or give another path"
    case EPIPE, ECONNRESET:
      kind = .closed
      text = "\(path): the other side closed the connection"
    default:
      kind = .other
      text = "\(path): could not \(act) (\(error.text)); mend this and try again"
    }
  }
}
