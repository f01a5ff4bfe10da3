/// The page where a person lets a device order for them (RFC 6749 section 4.1.1 with PKCE). Made by the companion.
public struct AuthorizationRequest: Equatable, Sendable {
  /// The client id of the security profile; at most ``longestClientID`` bytes.
  public let clientID: String
  /// Where the browser goes afterwards: one of the profile's allowed return URLs.
  public let redirectURI: String
  /// A value nobody can guess, which the redirect must repeat; nil only for a client that checks it otherwise.
  public let state: String?
  /// The S256 challenge of the device's verifier.
  public let codeChallenge: String
  /// The device to be registered.
  public let registration: RegistrationScope
  /// The scopes, separated by spaces; must hold `dash:replenish`.
  public let scope: String

  /// The most bytes of a client id (Login with Amazon, authorization code grant).
  public static var longestClientID: Int { 100 }

  /// Makes a request; nil if the client id is empty or too long.
  public init?(
    clientID: String, redirectURI: String, state: String?, codeChallenge: String, registration: RegistrationScope,
    scope: String = RegistrationScope.scope
  ) {
    guard !clientID.isEmpty, clientID.utf8.count <= AuthorizationRequest.longestClientID else { return nil }
    self.clientID = clientID
    self.redirectURI = redirectURI
    self.state = state
    self.codeChallenge = codeChallenge
    self.registration = registration
    self.scope = scope
  }

  /// The URL to open in a browser. Nothing in it is secret.
  public func url(at endpoints: LWAEndpoints) -> String {
    var url = endpoints.authorize + "?client_id=" + PercentEncoding.encode(clientID)
    url += "&scope=" + PercentEncoding.encode(scope)
    url += "&scope_data=" + PercentEncoding.encode(registration.scopeData)
    url += "&response_type=code&redirect_uri=" + PercentEncoding.encode(redirectURI)
    if let state { url += "&state=" + PercentEncoding.encode(state) }
    url += "&code_challenge=" + PercentEncoding.encode(codeChallenge)
    url += "&code_challenge_method=" + CodeVerifier.challengeMethod
    return url
  }
}
