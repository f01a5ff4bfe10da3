/// How far a device is on its way to an owner's Amazon account, as ``DeviceStatus`` shows it.
///
/// The raw values are the words of the control socket and of `replenishctl status --json`.
public enum LinkState: String, CaseIterable, Sendable {
  /// No account is linked and the setup window is shut.
  case unlinked
  /// No account is linked; the setup window is open and no phone has proved the setup code yet.
  case setupOpen = "setup-open"
  /// A phone has proved the setup code and the owner is logging in, or the code is being redeemed.
  case linking
  /// Tokens are on disk; one refresh must prove the refresh token before the device counts as linked.
  case proving
  /// An account is linked and the refresh token is proved.
  case linked
  /// Tokens are on disk, but the clock is not set: no TLS and no decision about age until it is.
  case waitingForClock = "waiting-for-clock"
  /// The owner ended the link; nothing is ordered any more, and the service is still to be told.
  case unlinking
  /// A factory reset has begun and is being finished.
  case erasing

  /// One sentence for a person.
  public var text: String {
    switch self {
    case .unlinked: "no Amazon account is linked"
    case .setupOpen: "no Amazon account is linked; the setup window is open"
    case .linking: "a phone is linking an Amazon account"
    case .proving: "an Amazon account was linked; its refresh token is being proved"
    case .linked: "an Amazon account is linked"
    case .waitingForClock: "an Amazon account is linked; waiting for the clock to be set"
    case .unlinking: "the link was ended; the service is still to be told"
    case .erasing: "a factory reset is being finished"
    }
  }
}
