import CLinux

/// Tells the service manager how the daemon is (the protocol of `sd_notify(3)`).
///
/// Written out, because it is one datagram: libsystemd would be linked, and loaded into memory, for nothing else. Without
/// `NOTIFY_SOCKET` in the environment nothing is sent.
public final class ServiceNotifier {
  private let socket: Int32
  private var address = sockaddr_un()
  private let length: socklen_t
  private var lastStatus: [UInt8] = []

  /// Milliseconds between two pings of the watchdog, half of what the manager allows; nil if it wants none.
  public let watchdogMilliseconds: UInt64?

  /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
  public init() {
    var path = Environment.bytes("NOTIFY_SOCKET") ?? []
    if path.first == UInt8(ascii: "@") { path[0] = 0 }
    // An abstract name is as long as it says, a path ends in the zero byte that the shim counts.
    let full = replenish_address(&address, path, path.count)
    length = full > 0 && path.first == 0 ? full - 1 : full
    socket = full > 0 ? replenish_socket(replenish_datagram()) : -1
    let isOurs = Environment.number("WATCHDOG_PID").map { $0 == UInt64(getpid()) } ?? true
    let period = Environment.number("WATCHDOG_USEC")
    watchdogMilliseconds = isOurs ? period.map { max($0 / 2000, 1) } : nil
  }

  /// Closes the socket.
  public func close() {
    if socket >= 0 { _ = CLinux.close(socket) }
  }

  /// The daemon has started: its socket listens and its records are read.
  public func ready() { send("READY=1") }

  /// The daemon ends on purpose.
  public func stopping() { send("STOPPING=1") }

  /// The daemon's loop has just turned once.
  public func watchdog() { send("WATCHDOG=1") }

  /// One line on how it is, for `systemctl status`. Sent only when it changes. Never a secret.
  public func status(_ text: String) {
    let line = Array(text.utf8.map { $0 == 0x0A ? 0x20 : $0 })
    guard line != lastStatus else { return }
    lastStatus = line
    send("STATUS=" + String(decoding: line, as: UTF8.self))
  }

  private func send(_ text: String) {
    guard socket >= 0 else { return }
    let bytes = Array(text.utf8)
    // A manager that does not listen is no reason for the device to stop.
    _ = replenish_send_to(socket, bytes, bytes.count, &address, length)
  }
}
