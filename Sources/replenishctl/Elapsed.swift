/// Spans of time for people.
enum Elapsed {
  /// `45 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`; a span below zero counts as none.
  static func text(_ seconds: Int64) -> String {
    let seconds = max(0, seconds)
    switch seconds {
    case ..<60: return "\(seconds) s"
    case ..<3600: return pair(seconds / 60, "min", seconds % 60, "s")
    case ..<86_400: return pair(seconds / 3600, "h", seconds % 3600 / 60, "min")
    default: return pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
    }
  }

  /// The same with `ago`; what is not known is told as such.
  static func ago(_ seconds: Int64?) -> String {
    guard let seconds else { return "at an unknown time" }
    return text(seconds) + " ago"
  }

  private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
    small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
  }
}
