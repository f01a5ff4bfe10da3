import CLinux

/// The error of one system call, as `errno` names it.
public struct Errno: Error, Equatable {
  /// The number, for instance 28 for "no space left on device".
  public let code: Int32

  /// Makes an error from its number.
  public init(_ code: Int32) { self.code = code }

  /// What the last system call of this thread left in `errno`.
  public static var last: Errno { Errno(replenish_errno()) }

  /// The C library's words for it.
  public var text: String {
    guard let words = strerror(code) else { return "error \(code)" }
    return String(cString: words)
  }
}
