import Glibc
import ReplenishCore

/// The standard output and the standard error, written at once: what is said is seen, also when the program dies next.
public enum StandardStream: Int32, Sendable {
  /// For what was asked for.
  case output = 1
  /// For what went wrong, and for progress.
  case error = 2

  /// Writes a line.
  public func say(_ text: String) {
    var line = Array(text.utf8)
    line.append(UInt8(ascii: "\n"))
    line.withUnsafeBytes { write($0) }
  }

  /// Writes what only the person at the terminal may see.
  public func show(_ secret: Secret) {
    secret.withBytes { write($0) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(rawValue, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }  // nobody reads any more
      rest = rest.dropFirst(count)
    }
  }
}
