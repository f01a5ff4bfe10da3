/// One question and one answer over the control socket.
protocol ControlExchange: AnyObject {
  /// Sends a request to the daemon at `socket` and waits for its reply, `timeoutSeconds` at most.
  func exchange(_ request: [UInt8], socket: String, timeoutSeconds: Int) throws(ExchangeFault) -> [UInt8]
}

/// Why no reply came.
enum ExchangeFault: Error, Equatable {
  /// Nobody listens on the socket.
  case notReachable(String)
  /// This account may not open the socket.
  case notPermitted(String)
  /// The request may have arrived, and no reply came.
  case noAnswer(String)
}
