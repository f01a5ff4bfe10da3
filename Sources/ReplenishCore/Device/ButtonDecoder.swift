/// Tells a press from a long press, by how long the button is held.
final class ButtonDecoder {
  /// What a button did.
  enum Gesture: Equatable {
    /// Released before ``DeviceLimits/pressTime``.
    case press
    /// Held for ``DeviceLimits/longPressTime``, released or not.
    case longPress
  }

  private var downSince: UInt64?

  /// When a held button becomes a long press, in uptime milliseconds.
  var deadline: UInt64? { downSince.map { $0 + DeviceLimits.longPressTime } }

  /// Takes an edge.
  func edge(isDown: Bool, at uptime: UInt64) -> Gesture? {
    if isDown {
      if downSince == nil { downSince = uptime }
      return nil
    }
    guard let since = downSince else { return nil }
    downSince = nil
    let held = uptime >= since ? uptime - since : 0
    if held < DeviceLimits.pressTime { return .press }
    // In between, a person has thought better of it.
    return held >= DeviceLimits.longPressTime ? .longPress : nil
  }

  /// Takes the passing of time. The long press counts as soon as it is long enough; the release then means nothing.
  func wake(at uptime: UInt64) -> Gesture? {
    guard let deadline, uptime >= deadline else { return nil }
    downSince = nil
    return .longPress
  }
}
