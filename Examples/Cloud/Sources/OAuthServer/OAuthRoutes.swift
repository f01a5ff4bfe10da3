import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Something the routes did, for logs and statistics; it holds no secret.
public struct OAuthEvent: Sendable {
  /// What kind of request it was.
  public enum Kind: String, Sendable {
    /// A page was shown or a form was posted.
    case page
    /// The person allowed or refused.
    case decision
    /// A token request.
    case token
    /// A device authorization request.
    case deviceAuthorization
    /// A revocation request.
    case revocation
  }

  /// What kind of request it was.
  public var kind: Kind
  /// The grant it was about, where there is one.
  public var grant: Grant?
  /// Why it was refused, where it was.
  public var error: OAuthError?
}

/// Puts an authorization server on a router.
public struct OAuthRoutes<Context: RequestContext>: Sendable {
  /// Where the endpoints are.
  public struct Paths: Sendable {
    /// The authorization endpoint.
    public var authorize = "/authorize"
    /// The token endpoint, with its aliases.
    public var token = ["/token"]
    /// The revocation endpoint; nil for none.
    public var revoke: String? = "/revoke"
    /// The device authorization endpoint; nil for none.
    public var deviceAuthorization: String? = "/device_authorization"
    /// The page where a person types a device's code.
    public var code = "/device"

    /// Creates the default paths.
    public init() {}
  }

  /// The rules behind the routes.
  public let server: AuthorizationServer
  /// Where the endpoints are.
  public let paths: Paths
  let accounts: any AccountDirectory
  let pages: PageLibrary
  let sessions: BrowserSessions
  let publicAddress: @Sendable () -> String
  let codeGuesses = AttemptLimiter()
  let passwordGuesses = AttemptLimiter()
  let observe: @Sendable (OAuthEvent, Context) async -> Void

  /// Creates the routes.
  ///
  /// - Parameters:
  ///   - server: The rules.
  ///   - accounts: The people.
  ///   - pages: The pages.
  ///   - publicAddress: The server's own address without a final slash, such as `https://auth.example.org`.
  ///   - isSecure: Whether people reach the server over https only.
  ///   - paths: Where the endpoints are.
  ///   - observe: Told of every request's outcome.
  public init(
    server: AuthorizationServer, accounts: any AccountDirectory, pages: PageLibrary,
    publicAddress: @escaping @Sendable () -> String, isSecure: Bool, paths: Paths = Paths(),
    observe: @escaping @Sendable (OAuthEvent, Context) async -> Void = { _, _ in }
  ) {
    self.server = server
    self.accounts = accounts
    self.pages = pages
    self.publicAddress = publicAddress
    self.paths = paths
    self.observe = observe
    sessions = BrowserSessions(server: server, isSecure: isSecure)
  }

  /// Adds the endpoints to a router.
  public func add(to router: some RouterMethods<Context>) {
    router.get(RouterPath(paths.authorize)) { try await showAuthorization($0, $1) }
    router.post(RouterPath(paths.authorize)) { try await postAuthorization($0, $1) }
    router.get(RouterPath(paths.code)) { try await showCode($0, $1) }
    router.post(RouterPath(paths.code)) { try await postCode($0, $1) }
    for path in paths.token {
      router.post(RouterPath(path)) { try await token($0, $1) }
    }
    if let path = paths.revoke {
      router.post(RouterPath(path)) { try await revoke($0, $1) }
    }
    if let path = paths.deviceAuthorization {
      router.post(RouterPath(path)) { try await deviceAuthorization($0, $1) }
    }
  }

  /// The form in a request's body; nil when it is not a form.
  func form(_ request: Request) async throws -> FormParameters? {
    let type = request.headers[.contentType]?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    guard type == "application/x-www-form-urlencoded" else { return nil }
    let body = try await request.body.collect(upTo: 64 * 1024)
    return FormParameters(urlEncoded: String(buffer: body))
  }
}
