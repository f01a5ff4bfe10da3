/// What a phone can say to a device once it has proved the setup code.
public indirect enum PhoneMessage: Sendable {
  /// Amazon's answer to the owner's login: redeem it.
  case authorization(AuthorizationGrant)
  /// Send ``LinkParameters`` again, with a fresh code challenge.
  case requestParameters
  /// Show which device this is.
  case identify
}

/// What the phone hands over after the owner's login.
public struct AuthorizationGrant: Sendable {
  /// The authorization code; 1–2048 bytes of printable ASCII.
  public let code: Secret
  /// The redirect URI of the login, exactly; 1–1024 bytes of printable ASCII without spaces.
  public let redirectURI: String
  /// The client id of the login; 1–256 bytes of printable ASCII without spaces.
  public let clientID: String

  /// Makes a grant; its parts are checked when it is sent and when it is received.
  public init(code: Secret, redirectURI: String, clientID: String) {
    self.code = code
    self.redirectURI = redirectURI
    self.clientID = clientID
  }
}
