import AWSRequests
import BoundedHTTP
import Foundation

/// Access tokens out of a configuration file: `secretsManager`, `oauthLocal`, or one that stands there.
public final class TokenSource: Sendable {
  /// Settings that are not in the file.
  public struct Options: Sendable {
    /// Where lock, journal and access token are kept; by default beside the configuration file.
    public var stateFolder: String?
    /// The token endpoint of `oauthLocal`; a secret names its own.
    public var tokenAddress = TokenEndpoint.standard
    /// For development: the token endpoint may be on this machine.
    public var allowsLoopback = false
    /// Authorities to trust for the token endpoint instead of the system's, as PEM.
    public var authorities: String?
    /// Variables, profile and shared files of AWS.
    public var environment = AWSEnvironment()

    /// Creates settings for Amazon's own services.
    public init() {}
  }

  private enum Kind {
    case kept(AccessTokens)
    case verbatim(String)
  }

  private let kind: Kind

  /// Reads the configuration; nothing is asked yet.
  ///
  /// - Parameters:
  ///   - path: The configuration file.
  ///   - options: What is not in it.
  public init(configuration path: String, _ options: Options = Options()) throws(SecretsFailure) {
    do {
      let configuration = try TokenConfiguration(path: path)
      let store: any SecretStore
      var tokenFile: String? = "token.json"
      switch configuration.source {
      case .verbatim(let token):
        kind = .verbatim(token)
        return
      case .oauthLocal(let local):
        _ = try TokenEndpoint(
          options.tokenAddress, from: "the token address", allowsLoopback: options.allowsLoopback)
        store = ConfigurationStore(path: configuration.path)
        tokenFile = local.tokenFile
      case .secretsManager(let secret): store = try SecretsManagerStore(secret, options.environment)
      }
      let files = try StateFiles(
        folder: options.stateFolder ?? configuration.path + ".state", identity: store.identity, tokenFile: tokenFile)
      let refresh = TokenRefresh(
        http: try BoundedHTTPClient(authorities: options.authorities), standardAddress: options.tokenAddress,
        allowsLoopback: options.allowsLoopback)
      kind = .kept(AccessTokens(store: store, files: files, refresh: refresh, clock: SecretsClock()))
    } catch {
      throw SecretsFailure(error)
    }
  }

  /// An access token; see ``AccessTokens/token(fresh:)``.
  public func token(fresh: Bool = false) async throws(SecretsFailure) -> String {
    switch kind {
    case .verbatim(let token): token
    case .kept(let tokens): try await tokens.token(fresh: fresh)
    }
  }

  /// What did not work and does not keep the token from its user; one line each.
  public var warnings: [String] {
    get async {
      switch kind {
      case .verbatim: []
      case .kept(let tokens): await tokens.warnings
      }
    }
  }
}
