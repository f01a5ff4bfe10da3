import ReplenishCore

/// A ``DeviceStatus`` for people.
enum StatusText {
  static func text(_ status: DeviceStatus) -> String {
    var text = row("link", link(status))
    text += row("setup", setup(status))
    if let bearer = status.bearer { text += row("phone", bearer) }
    // Without a link of its own the device has no tokens: nobody is linked, or the maker's cloud keeps them.
    if status.generation != nil {
      text += row("tokens", status.refreshAge.map { "refreshed \(Elapsed.ago($0))" } ?? "not refreshed since the start")
    }
    text += row("protection", status.protection.text)
    text += row("clock", status.isClockPlausible ? "set" : "not set yet; nothing is ordered before it is")
    if status.isTestDevice { text += row("orders", "test orders only: no charge, nothing ships") }
    if let failure = status.failure { text += row("last error", "\(Elapsed.ago(failure.age)): \(failure.text)") }
    text += row("version", status.version)
    text += row("slots", status.slots.isEmpty ? "none" : status.slots.joined(separator: ", "))
    return text + presses(status.presses)
  }

  /// What became of a press, in words.
  static func outcome(_ press: PressReport) -> String {
    switch press.state {
    case .noted: "noted: it is ordered as soon as that is possible"
    case .sending: "sending: the answer is awaited"
    case .ordered: "ordered"
    case .testOrdered: "test order placed: no charge, nothing ships"
    case .alreadyOrdered: "nothing ordered: an order for this slot is still open"
    case .expired: "not ordered: it waited too long; press again if it is still wanted"
    case .void: "not ordered: the link it was made under is no more"
    case .inDoubt: "in doubt: look at Amazon before pressing again"
    case .refused: "not ordered: Amazon refused it"
    }
  }

  private static func link(_ status: DeviceStatus) -> String {
    guard let generation = status.generation else { return status.link.text }
    return "\(status.link.text) (link \(generation))"
  }

  private static func setup(_ status: DeviceStatus) -> String {
    guard status.hasSetupRecord else {
      return "impossible: the factory's verifier record is missing (setup-record in the configuration)"
    }
    var text = "window shut"
    if let seconds = status.windowSeconds { text = "window open for another \(Elapsed.text(Int64(seconds)))" }
    let guesses = status.guesses
    if guesses.failed > 0 {
      text += "; \(guesses.failed) wrong \(guesses.failed == 1 ? "guess" : "guesses") at the code"
    }
    if guesses.waitSeconds > 0 { text += ", the next is taken in \(Elapsed.text(Int64(guesses.waitSeconds)))" }
    return text
  }

  private static func presses(_ presses: [PressReport]) -> String {
    guard !presses.isEmpty else { return "\nno presses yet\n" }
    var width = 0
    for press in presses { width = max(width, press.slot.utf8.count) }
    var text = "\npresses, newest first:\n"
    for press in presses {
      text += "  " + Columns.padded(press.slot, to: width + 2) + Columns.padded(Elapsed.ago(press.age), to: 20)
      text += outcome(press) + "\n"
      let indent = String(repeating: " ", count: width + 24)
      if let order = press.instanceID { text += indent + "order " + order + "\n" }
      if !press.reason.isEmpty { text += indent + press.reason + "\n" }
    }
    return text
  }

  private static func row(_ name: String, _ value: String) -> String {
    Columns.padded(name, to: 12) + value + "\n"
  }
}
