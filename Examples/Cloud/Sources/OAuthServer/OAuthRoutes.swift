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
    /// An introspection request.
    case introspection
  }

  /// What kind of request it was.
  public var kind: Kind
  /// The grant it was about, where there is one.
  public var grant: Grant?
  /// Why it was refused, where it was.
  public var error: OAuthError?
}

/// Puts an authorization server with its pages on a router.
public struct OAuthRoutes<Context: RequestContext>: Sendable {
  /// The rules behind the routes.
  public let server: AuthorizationServer
  /// Where the endpoints are.
  public let paths: OAuthPaths
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
  ///   - sessions: Where their browser sessions are kept.
  ///   - pages: The pages.
  ///   - publicAddress: The server's own address without a final slash, such as `https://auth.example.org`.
  ///   - isSecure: Whether people reach the server over https only.
  ///   - paths: Where the endpoints are.
  ///   - observe: Told of every request's outcome.
  public init(
    server: AuthorizationServer, accounts: any AccountDirectory, sessions: any BrowserSessionStorage,
    pages: PageLibrary,
    publicAddress: @escaping @Sendable () -> String, isSecure: Bool, paths: OAuthPaths = OAuthPaths(),
    observe: @escaping @Sendable (OAuthEvent, Context) async -> Void = { _, _ in }
  ) {
    self.server = server
    self.accounts = accounts
    self.pages = pages
    self.publicAddress = publicAddress
    self.paths = paths
    self.observe = observe
    self.sessions = BrowserSessions(server: server, storage: sessions, isSecure: isSecure)
  }

  /// Adds the endpoints to a router.
  public func add(to router: some RouterMethods<Context>) {
    router.get(RouterPath(paths.authorize)) { try await showAuthorization($0, $1) }
    router.post(RouterPath(paths.authorize)) { try await postAuthorization($0, $1) }
    router.get(RouterPath(paths.code)) { try await showCode($0, $1) }
    router.post(RouterPath(paths.code)) { try await postCode($0, $1) }
    BackChannelRoutes(server: server, paths: paths, publicAddress: publicAddress, observe: observe).add(to: router)
  }

  /// The form in a request's body; nil when it is not a form.
  func form(_ request: Request) async throws -> FormParameters? { try await request.formParameters(upTo: 64 * 1024) }
}
