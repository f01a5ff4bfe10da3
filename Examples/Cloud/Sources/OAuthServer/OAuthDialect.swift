/// The words in which a server speaks OAuth: a dialect changes names and texts, never the rules.
public struct OAuthDialect: Sendable {
  /// The `grant_type` values that mean the device grant.
  public var deviceGrantTypes: Set<String> = ["urn:ietf:params:oauth:grant-type:device_code"]
  /// The `response_type` that a device authorization request must carry; nil when it carries none.
  public var deviceResponseType: String?
  /// Whether polls come without `client_id` but with the `user_code`.
  public var pollsCarryUserCode = false
  /// The `token_type` of answers.
  public var tokenType = "Bearer"
  /// Whether the redirect also carries the granted `scope`.
  public var redirectsWithScope = false
  /// Whether token answers name their `scope`.
  public var answersWithScope = true
  /// Turns a refusal into the status, code and text of a JSON answer.
  public var render: @Sendable (OAuthError) -> (status: Int, error: String, description: String) = { error in
    let status =
      switch error.code {
      case .invalidClient: 401
      case .temporarilyUnavailable: 429
      default: 400
      }
    return (status, error.code.rawValue, error.description)
  }

  /// Creates the dialect of the RFCs.
  public init() {}
}
