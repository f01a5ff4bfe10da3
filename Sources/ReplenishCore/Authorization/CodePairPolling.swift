/// When to ask for the tokens of a ``CodePair``, and when to give up. Reads no clock.
///
/// The first question is asked at once. `slow_down` doubles the interval up to 60 s, as Amazon's own device client does
/// (RFC 8628 would add 5 s; doubling is never faster than that from 5 s on).
public struct CodePairPolling: Equatable, Sendable {
  /// What to do after a question.
  public enum Step: Equatable, Sendable {
    /// Ask again at this time (ms of ``Moment/uptime``).
    case ask(at: UInt64)
    /// The pair has run out, or will before the next question: get a new one.
    case expired
    /// No question can succeed any more.
    case stop(TokenError)
  }

  /// The wait between two questions, in seconds.
  public private(set) var interval: Int
  /// When the pair runs out (ms of ``Moment/uptime``).
  public let deadline: UInt64

  /// The longest interval that `slow_down` leads to, in seconds; a longer one of the service's own stays.
  public static var longestInterval: Int { 60 }

  /// Begins.
  ///
  /// - Parameters:
  ///   - pair: what the person is shown, and its life.
  ///   - requestedAt: when the request for the pair was sent, in ms of ``Moment/uptime``: its life is counted from then,
  ///     so that a slow answer makes it shorter and never longer.
  public init(_ pair: CodePair, requestedAt: UInt64) {
    interval = min(max(pair.interval, 1), CodePair.longestInterval)
    deadline = requestedAt &+ UInt64(min(max(pair.expiresIn, 0), CodePair.longestLife)) &* 1000
  }

  /// What to do after a question was answered with an error; nil stands for no answer at all.
  public mutating func next(after error: TokenError?, at uptime: UInt64) -> Step {
    switch error {
    case .slowDown: interval = max(interval, min(interval * 2, CodePairPolling.longestInterval))
    case .invalidCodePair, .expiredToken: return .expired
    case .some(let error) where error.isFinal: return .stop(error)
    default: break
    }
    var wait = interval
    if case .server(_, let retryAfter?) = error { wait = max(wait, retryAfter) }
    let next = uptime &+ UInt64(wait) &* 1000
    return next < deadline ? .ask(at: next) : .expired
  }
}
