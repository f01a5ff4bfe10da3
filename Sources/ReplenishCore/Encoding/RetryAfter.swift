/// The wait that a service asks for (`Retry-After`, RFC 9110 section 10.2.3).
enum RetryAfter {
  /// The longest wait that is obeyed: a day, in seconds.
  static var longest: Int { 86_400 }

  /// The seconds to wait, at most ``longest``; nil where none were given or they make no sense.
  static func bounded(_ seconds: Int?) -> Int? {
    guard let seconds, seconds >= 0 else { return nil }
    return min(seconds, longest)
  }
}
