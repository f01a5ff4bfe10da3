import OAuthServer

/// What the control endpoint may change while the emulator runs, as JSON shows it.
public struct EmulatorSettings: Codable, Sendable, Equatable {
  /// Seconds a new access token lives.
  public var accessTokenSeconds: Double?
  /// Seconds a new authorization code lives.
  public var authorizationCodeSeconds: Double?
  /// Seconds a new code pair lives.
  public var codePairSeconds: Double?
  /// Seconds between polls.
  public var pollIntervalSeconds: Int?
  /// `off`, `grace` or `strict`.
  public var rotation: String?
  /// Seconds a replaced refresh token still works when `rotation` is `grace`.
  public var graceSeconds: Double?
  /// Seconds the emulator's clock is ahead, in the `Date` header and for every expiry.
  public var clockSkewSeconds: Double?
  /// Whether devices that are not test devices may be registered.
  public var allowsRealOrders: Bool?

  /// Creates settings; nil leaves a value as it is.
  public init() {}

  /// What is wrong with them; nil when nothing is.
  var problem: String? {
    let durations = [accessTokenSeconds, authorizationCodeSeconds, codePairSeconds, graceSeconds]
    if durations.contains(where: { $0.map { !(0...1e9).contains($0) } ?? false }) {
      return "a duration must be from 0 to 1000000000 seconds"
    }
    if let pollIntervalSeconds, !(1...3600).contains(pollIntervalSeconds) {
      return "pollIntervalSeconds must be from 1 to 3600"
    }
    if let clockSkewSeconds, !(-1e10...1e10).contains(clockSkewSeconds) {
      return "clockSkewSeconds must be within 10000000000 of zero"
    }
    if let rotation, !["off", "grace", "strict", "successor"].contains(rotation) {
      return "rotation must be off, grace, strict or successor"
    }
    return nil
  }

  /// Changes a policy accordingly.
  func apply(to policy: inout ServerPolicy) {
    if let accessTokenSeconds { policy.accessTokenLifetime = accessTokenSeconds }
    if let authorizationCodeSeconds { policy.authorizationCodeLifetime = authorizationCodeSeconds }
    if let codePairSeconds { policy.deviceCodeLifetime = codePairSeconds }
    if let pollIntervalSeconds { policy.devicePollInterval = pollIntervalSeconds }
    switch rotation {
    case "off": policy.rotation = .off
    case "strict": policy.rotation = .strict
    case "successor": policy.rotation = .untilSuccessorUsed
    case "grace": policy.rotation = .grace(seconds: graceSeconds ?? 60)
    default:
      if case .grace = policy.rotation, let graceSeconds { policy.rotation = .grace(seconds: graceSeconds) }
    }
  }

  /// The settings in force.
  init(policy: ServerPolicy, clockSkew: Double, allowsRealOrders: Bool) {
    accessTokenSeconds = policy.accessTokenLifetime
    authorizationCodeSeconds = policy.authorizationCodeLifetime
    codePairSeconds = policy.deviceCodeLifetime
    pollIntervalSeconds = policy.devicePollInterval
    switch policy.rotation {
    case .off: rotation = "off"
    case .strict: rotation = "strict"
    case .untilSuccessorUsed: rotation = "successor"
    case .grace(let seconds):
      rotation = "grace"
      graceSeconds = seconds
    }
    clockSkewSeconds = clockSkew
    self.allowsRealOrders = allowsRealOrders
  }
}
