/// What a device can say to a phone that has proved the setup code.
public indirect enum DeviceMessage: Equatable, Sendable {
  /// What the phone needs for the owner's login. Sent first, and again with a fresh challenge when one was used up.
  case parameters(LinkParameters)
  /// How far linking has come.
  case progress(LinkStage)
  /// Linked: both tokens are on disk and the refresh token is proved.
  case linked
  /// Not linked, and why.
  case failed(LinkFailure)
}

/// What a phone needs to ask Amazon for an authorization code that this device can redeem.
public struct LinkParameters: Equatable, Sendable {
  /// The model id (`device_model` in the scope data).
  public var model: String
  /// The serial number (`serial` in the scope data).
  public var serial: String
  /// The S256 code challenge (RFC 7636 section 4.2): 43 characters.
  public var codeChallenge: String
  /// How the challenge was made; always `S256`.
  public var codeChallengeMethod: String { "S256" }
  /// The scope to ask for, `dash:replenish`.
  public var scope: String
  /// Whether to register as a test device (`is_test_device`): orders are test orders.
  public var isTestDevice: Bool
  /// Whether models that are not live yet may be set up (`should_include_non_live`).
  public var includeNonLive: Bool

  /// Makes parameters.
  public init(
    model: String, serial: String, codeChallenge: String, scope: String = "dash:replenish", isTestDevice: Bool = false,
    includeNonLive: Bool = false
  ) {
    self.model = model
    self.serial = serial
    self.codeChallenge = codeChallenge
    self.scope = scope
    self.isTestDevice = isTestDevice
    self.includeNonLive = includeNonLive
  }
}

/// How far linking has come.
public enum LinkStage: String, CaseIterable, Sendable {
  /// The authorization code is being redeemed.
  case redeeming
  /// The tokens are on disk, unproved; the refresh token is being tried.
  case proving
}

/// Why a device is not linked.
public struct LinkFailure: Equatable, Sendable {
  /// The kind of failure, for programs.
  public enum Reason: String, CaseIterable, Sendable {
    /// The message could not be understood, or holds what must not be sent.
    case badMessage = "bad_message"
    /// The service refuses the code: used, expired, or for another challenge or redirect URI.
    case codeRefused = "code_refused"
    /// The service refuses the client id, or the device is configured for another.
    case clientRefused = "client_refused"
    /// The service cannot be reached.
    case unreachable
    /// The service answered with an error of its own.
    case service
    /// The board's clock is not set, so no certificate can be checked.
    case clockNotSet = "clock_not_set"
    /// The device could not write to its storage.
    case storage
    /// The device is busy with another step of linking.
    case busy
    /// The setup window has closed.
    case windowClosed = "window_closed"
    /// Any other.
    case other
  }

  /// The kind of failure. A phone takes a kind it does not know for ``Reason/other``.
  public var reason: Reason
  /// What went wrong and what to do, for a person; at most 400 bytes are sent.
  public var text: String
  /// Whether the phone may try again over the same session; fresh ``LinkParameters`` come first.
  public var mayRetry: Bool

  /// Makes a failure.
  public init(_ reason: Reason, _ text: String, mayRetry: Bool) {
    self.reason = reason
    self.text = text
    self.mayRetry = mayRetry
  }
}
