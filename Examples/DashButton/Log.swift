import ReplenishCore
import ReplenishLinux

/// Messages on standard error, one line each, which a service manager keeps with their time.
struct Log {
  let level: DaemonConfiguration.LogLevel

  func error(_ text: String) { write("error", text) }

  func warning(_ text: String) { if level != .error { write("warning", text) } }

  func info(_ text: String) { if level == .info || level == .debug { write("info", text) } }

  func debug(_ text: String) { if level == .debug { write("debug", text) } }

  private func write(_ word: String, _ text: String) { Terminal.error("dash-button: \(word): \(text)\n") }

  /// Tells an event at the level it deserves.
  func tell(_ event: Event) {
    switch event {
    case .linked: info("linked: an Amazon account stands behind the buttons")
    case .unlinked(let why): warning("not linked any more: \(why)")
    case .deregistered: info("the registration at Amazon is ended")
    case .erased: info("factory reset complete")
    case .press(let report): tell(report)
    case .setupOpened(let seconds): info("setup window open for \(seconds) s")
    case .setupClosed: info("setup window closed")
    case .setupGuessed(let failures): debug("a phone tries a setup code (\(failures) without success so far)")
    case .setupProved: info("a phone proved the setup code")
    case .linkingFailed(let why): warning("linking failed: \(why)")
    case .clockSet: info("the clock can be right: network calls begin")
    case .identify: info("asked which device this is")
    case .fault(let text): error(text)
    }
  }

  private func tell(_ report: PressReport) {
    var text = "slot \(report.slot): \(report.state.rawValue)"
    if let instanceID = report.instanceID { text += " (\(instanceID))" }
    if !report.reason.isEmpty { text += ": \(report.reason)" }
    switch report.state {
    case .inDoubt, .refused, .void, .expired: warning(text)
    default: info(text)
    }
  }
}
