import Hummingbird

/// Slows the guessing of client secrets, codes and tokens down at the endpoints that take them (RFC 6749 sections 2.3.1
/// and 10.10).
///
/// The rules of this library do not know where a request comes from. Who puts them on a router does, and decides who has
/// to wait: a client named alone must not be enough, or anybody could shut it out.
public struct BackChannelThrottle<Context: RequestContext>: Sendable {
  /// Seconds until a request in the name of a client is looked at again; nil when it is looked at now. Whether there is
  /// such a client is not known yet.
  public var wait: @Sendable (_ clientID: String, _ request: Request, _ context: Context) async throws -> Int?
  /// Told of a wrong guess in the name of a client that exists.
  public var note: @Sendable (_ client: OAuthClient, _ request: Request, _ context: Context) async throws -> Void

  /// Creates a throttle.
  public init(
    wait: @escaping @Sendable (_ clientID: String, _ request: Request, _ context: Context) async throws -> Int?,
    note: @escaping @Sendable (_ client: OAuthClient, _ request: Request, _ context: Context) async throws -> Void
  ) {
    self.wait = wait
    self.note = note
  }
}

extension AuthorizationServer {
  /// Whom a request says that it comes from, which is not proved.
  static func claimedClient(_ form: FormParameters, authorization: String?) -> String? {
    authorization.flatMap(basicCredentials)?.id ?? form["client_id"]
  }

  /// The client that a refused request guessed at; nil when it was no guess.
  ///
  /// Of a client with a secret only the secret is guessed: once it has proved itself, a dead token is no guess, and one
  /// whose many owners ended their grants must not be shut out for that.
  func guessed(at id: String, _ error: OAuthError) async throws -> OAuthClient? {
    guard error.cause == .clientAuthentication || error.code == .invalidGrant,
      let client = try await storage.client(id: id), client.isConfidential == (error.code == .invalidClient)
    else { return nil }
    return client
  }
}

extension OAuthError {
  static func tooManyGuesses(seconds: Int) -> OAuthError {
    OAuthError(
      .temporarilyUnavailable, .other,
      """
      Too many wrong secrets, codes or tokens came from this address in the name of this client; check them, and try \
      again in \(seconds) seconds.
      """)
  }
}
