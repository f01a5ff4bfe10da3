/// What an authorization server says of itself (RFC 8414 section 2).
struct ServerMetadata: Encodable {
  var issuer: String
  var authorizationEndpoint: String
  var tokenEndpoint: String
  var revocationEndpoint: String?
  var introspectionEndpoint: String?
  var deviceAuthorizationEndpoint: String?
  var scopesSupported: [String]?
  let responseTypesSupported = ["code"]
  let responseModesSupported = ["query"]
  var grantTypesSupported: [String]
  let tokenEndpointAuthMethodsSupported = ["client_secret_basic", "client_secret_post", "none"]
  var revocationEndpointAuthMethodsSupported: [String]?
  var introspectionEndpointAuthMethodsSupported: [String]?
  var codeChallengeMethodsSupported: [String]
  var authorizationResponseIssParameterSupported: Bool

  /// Describes a server.
  ///
  /// - Parameters:
  ///   - address: Its own address without a final slash.
  ///   - scopes: The scopes to name; nil names none.
  init(_ server: AuthorizationServer, paths: OAuthPaths, address: String, scopes: [String]?) {
    let at = { (path: String) in address + path }
    issuer = server.issuer?() ?? address
    authorizationEndpoint = at(paths.authorize)
    tokenEndpoint = at(paths.token.first ?? "/token")
    revocationEndpoint = paths.revoke.map(at)
    introspectionEndpoint = paths.introspect.map(at)
    let hasDeviceGrant = server.devices != nil
    deviceAuthorizationEndpoint = hasDeviceGrant ? paths.deviceAuthorization.map(at) : nil
    scopesSupported = scopes
    grantTypesSupported =
      ["authorization_code", "refresh_token"] + (hasDeviceGrant ? server.dialect.deviceGrantTypes.sorted() : [])
    // Who has no secret may revoke, and not introspect.
    revocationEndpointAuthMethodsSupported = paths.revoke == nil ? nil : tokenEndpointAuthMethodsSupported
    introspectionEndpointAuthMethodsSupported =
      paths.introspect == nil ? nil : ["client_secret_basic", "client_secret_post"]
    codeChallengeMethodsSupported = ["S256"] + (server.policy.allowsPlainChallenge ? ["plain"] : [])
    authorizationResponseIssParameterSupported = server.issuer != nil
  }
}
