/// Where the endpoints are.
public struct OAuthPaths: Sendable {
  /// The authorization endpoint.
  public var authorize = "/authorize"
  /// The token endpoint, with its aliases.
  public var token = ["/token"]
  /// The revocation endpoint (RFC 7009); nil for none.
  public var revoke: String? = "/revoke"
  /// The introspection endpoint (RFC 7662); nil for none.
  public var introspect: String?
  /// The device authorization endpoint (RFC 8628); nil for none.
  public var deviceAuthorization: String? = "/device_authorization"
  /// The page where a person types a device's code.
  public var code = "/device"
  /// The metadata (RFC 8414); nil for none. An issuer with a path of its own is not foreseen.
  public var metadata: String?

  /// Creates the default paths.
  public init() {}

  /// The place that RFC 8414 section 3 gives to the metadata of an issuer without a path.
  public static let wellKnown = "/.well-known/oauth-authorization-server"
}
