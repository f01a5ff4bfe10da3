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

  /// The client of the LWA security profile.
  public struct Client: Sendable {
    /// Its id.
    public var id: String
    /// Its secret.
    public var secret: String
  }

  private enum Kind {
    case kept(any SecretStore, AccessTokens)
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
      case .secretsManager(let secret): store = try Self.secretsManager(secret, options.environment)
      }
      let files = try StateFiles(
        folder: options.stateFolder ?? configuration.path + ".state", identity: store.identity, tokenFile: tokenFile)
      let refresh = TokenRefresh(
        http: try BoundedHTTPClient(authorities: options.authorities), standardAddress: options.tokenAddress,
        allowsLoopback: options.allowsLoopback)
      kind = .kept(store, AccessTokens(store: store, files: files, refresh: refresh, clock: SecretsClock()))
    } catch {
      throw SecretsFailure(error)
    }
  }

  private static func secretsManager(
    _ secret: TokenConfiguration.Secret, _ environment: AWSEnvironment
  ) throws -> SecretsManagerStore {
    let place = try AWSPlace(
      service: "secretsmanager", identifier: "secrets_manager", region: secret.region, environment: environment)
    var authorities: String?
    if let bundle = environment["AWS_CA_BUNDLE"] {
      authorities = try? String(contentsOfFile: bundle, encoding: .utf8)
      guard authorities != nil else {
        throw SecretsFailure(.configuration, "\(bundle) (AWS_CA_BUNDLE) cannot be read")
      }
    }
    // A secret has 64 KiB at most, and more in an answer's JSON.
    let http = try BoundedHTTPClient(authorities: authorities, limit: 512 * 1024)
    // Container and instance are asked where they are, without authorities of ours.
    let chain = CredentialChain(environment, http: try BoundedHTTPClient())
    return SecretsManagerStore(
      client: AWSClient(service: "secretsmanager", at: place, credentials: chain, http: http), secret: secret)
  }

  /// An access token; see ``AccessTokens/token(fresh:)``.
  public func token(fresh: Bool = false) async throws(SecretsFailure) -> String {
    switch kind {
    case .verbatim(let token): token
    case .kept(_, let tokens): try await tokens.token(fresh: fresh)
    }
  }

  /// What did not work and does not keep the token from its user; one line each.
  public var warnings: [String] {
    get async {
      switch kind {
      case .verbatim: []
      case .kept(_, let tokens): await tokens.warnings
      }
    }
  }

  /// The client, for a program that gets its own tokens with it.
  public func client() async throws(SecretsFailure) -> Client {
    guard case .kept(let store, _) = kind else {
      throw SecretsFailure(.configuration, "the configuration has an access token only, and no client secret")
    }
    do {
      let credentials = try await store.read().credentials
      return Client(id: credentials.clientID, secret: credentials.clientSecret)
    } catch {
      throw SecretsFailure(error)
    }
  }
}
