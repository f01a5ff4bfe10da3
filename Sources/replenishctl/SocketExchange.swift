import CLinux
import ReplenishCore

/// The control socket itself: `SOCK_SEQPACKET`, one message each way.
///
/// Straight on the kernel's calls and not through ReplenishLinux, so that this program loads no HTTP library.
final class SocketExchange: ControlExchange {
  func exchange(_ request: [UInt8], socket path: String, timeoutSeconds: Int) throws(ExchangeFault) -> [UInt8] {
    let socket = replenish_control_open()
    guard socket >= 0 else { throw .notReachable("no socket can be made: \(Self.reason(replenish_control_error()))") }
    defer { close(socket) }
    guard replenish_control_limit(socket, Int32(clamping: timeoutSeconds)) == 0 else {
      throw .notReachable("the wait cannot be bounded: \(Self.reason(replenish_control_error()))")
    }
    guard replenish_control_connect(socket, path) == 0 else {
      throw Self.connectionFault(replenish_control_error(), path)
    }
    let sent = request.withUnsafeBytes { replenish_control_send(socket, $0.baseAddress, $0.count) }
    guard sent == request.count else { throw Self.waitingFault(replenish_control_error(), timeoutSeconds) }
    return try receive(from: socket, timeoutSeconds)
  }

  private func receive(from socket: Int32, _ timeoutSeconds: Int) throws(ExchangeFault) -> [UInt8] {
    var reply = [UInt8](repeating: 0, count: ControlProtocol.maximumLength)
    let length = reply.withUnsafeMutableBytes { replenish_control_receive(socket, $0.baseAddress, $0.count) }
    guard length >= 0 else { throw Self.waitingFault(replenish_control_error(), timeoutSeconds) }
    guard length > 0 else {
      throw .noAnswer("the daemon hung up without an answer; its log says why (journalctl -u dash-button)")
    }
    guard length <= reply.count else { throw .noAnswer(ControlReply.Fault.tooLong(length).text) }
    reply.removeSubrange(length...)
    return reply
  }

  private static func connectionFault(_ error: Int32, _ path: String) -> ExchangeFault {
    switch error {
    case EACCES, EPERM:
      .notPermitted(
        "this account may not open \(path); join the group that the daemon's configuration names in read-group or"
          + " act-group, or become root")
    case ENOENT, ENOTDIR, ECONNREFUSED:
      .notReachable("nothing listens on \(path); is the daemon running? (systemctl status dash-button)")
    case EPROTOTYPE: .notReachable("\(path) is not the daemon's control socket; see --socket")
    case EAGAIN: .noAnswer("the daemon takes no more connections now; try again")
    default: .notReachable("\(path) cannot be reached: \(reason(error))")
    }
  }

  private static func waitingFault(_ error: Int32, _ seconds: Int) -> ExchangeFault {
    switch error {
    case EAGAIN:
      .noAnswer("no answer within \(seconds) s; the command may have been carried out (replenishctl status)")
    default: .noAnswer("the connection broke (\(reason(error))); the command may have been carried out")
    }
  }

  private static func reason(_ error: Int32) -> String { String(cString: strerror(error)) }
}
