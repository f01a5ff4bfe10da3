/// How the program ends, for scripts. `--help` lists them.
enum ExitCode: Int32, CaseIterable {
  /// The device did it, or has begun to.
  case done = 0
  /// The device understood and refused, or the caller changed their mind; the reason is on standard error. Or the
  /// self-test failed.
  case refused = 1
  /// The arguments are wrong.
  case usage = 2
  /// No daemon listens on the socket.
  case notReachable = 3
  /// The caller's account may not do this.
  case notPermitted = 4
  /// The daemon's answer did not come in time, or could not be understood.
  case noAnswer = 5

  /// One line for `--help`.
  var text: String {
    switch self {
    case .done: "done, or begun where the work goes on by itself"
    case .refused: "refused, standard error says why; or the self-test failed"
    case .usage: "the arguments are wrong"
    case .notReachable: "no daemon listens on the socket"
    case .notPermitted: "this account may not do it"
    case .noAnswer: "no answer, or none that is understood; it may be done all the same"
    }
  }
}
