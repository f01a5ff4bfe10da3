import CLinux

/// What a descriptor in an ``EventLoop`` is ready for.
public struct Readiness: OptionSet {
  /// The bits, as `epoll` names them.
  public let rawValue: UInt32

  /// Makes a set from `epoll`'s bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Reading will not block (`EPOLLIN`); the end of a stream counts.
  public static var readable: Readiness { Readiness(rawValue: 0x001) }
  /// Writing will not block (`EPOLLOUT`).
  public static var writable: Readiness { Readiness(rawValue: 0x004) }
  /// The other side is gone, or the descriptor is in error (`EPOLLHUP`, `EPOLLERR`). Always reported.
  public static var hungUp: Readiness { Readiness(rawValue: 0x018) }
}
