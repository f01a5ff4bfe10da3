import Foundation

/// An access token and its time.
struct AccessToken: Sendable, CustomStringConvertible {
  var text: String
  /// When it was asked for, by this machine's clock.
  var askedAt: Date
  /// When it ends: counted from when it was asked for, not from when it came.
  var expiresAt: Date

  var description: String { "access token until \(expiresAt)" }

  /// A token is no longer handed out with less than this left, for its user's clock and network take time too. Seconds.
  static let ahead = 300.0

  /// Whether it can be handed out.
  ///
  /// A token from the future was noted before the clock was set back, and nobody knows how old it is.
  func isUsable(at now: Date) -> Bool { askedAt <= now + 1 && now + Self.ahead < expiresAt }
}
