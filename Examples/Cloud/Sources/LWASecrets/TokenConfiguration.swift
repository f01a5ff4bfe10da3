import Foundation
import OwnerOnlyFiles

/// Where the secrets of Login with Amazon are: a file in the shape of asp-cli's `config/default.json`.
///
/// Other members are accepted and left alone. Nothing but the path given is read, whatever the current folder is.
public struct TokenConfiguration: Sendable, CustomStringConvertible {
  /// `asp_cli.auth`.
  public enum Source: Sendable, CustomStringConvertible {
    /// `secretsManager`: AWS Secrets Manager has them.
    case secretsManager(Secret)
    /// `oauthLocal`: this file has them.
    case oauthLocal(Local)
    /// Anything else: `oauthLocal.access_token` is used as it is.
    case verbatim(String)

    /// Where; no token is in it.
    public var description: String {
      switch self {
      case .secretsManager(let secret): "secret \(secret.name)"
      case .oauthLocal(let local): "\(local.credentials)"
      case .verbatim: "verbatim"
      }
    }
  }

  /// The node `secretsManager`.
  public struct Secret: Sendable {
    /// `secretNameForOAuth`: name or ARN.
    public var name: String
    /// `versionStage`.
    public var stage: String
    /// `regionName`; without it an ARN's region, or nil: what the AWS environment says.
    public var region: String?

    init(_ name: String, stage: String = "AWSCURRENT", region: String? = nil, source: String) throws {
      guard LoginCredentials.isToken(name) else {
        throw SecretsFailure(.configuration, "\(source) is no name and no ARN")
      }
      (self.name, self.stage, self.region) = (name, stage, region)
      guard name.hasPrefix("arn:") else { return }
      // arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME
      let parts = name.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 7, parts[2] == "secretsmanager", parts[5] == "secret" else {
        throw SecretsFailure(.configuration, "\(source) is no secret's ARN")
      }
      if let region, region != parts[3] {
        throw SecretsFailure(
          .configuration, "\(source): the region beside it is \(region), but the ARN says \(parts[3])")
      }
      self.region = String(parts[3])
    }
  }

  /// The node `oauthLocal`.
  public struct Local: Sendable {
    /// `client_id`, `client_secret`, `refresh_token`.
    public var credentials: LoginCredentials
    /// `token_file`, when `cacheToken` is true.
    public var tokenFile: String?
  }

  /// The file, as an absolute path without symbolic links.
  public let path: String
  /// Where the secrets are.
  public let source: Source

  /// The path.
  public var description: String { path }

  /// Reads the file. One that holds secrets itself must be readable by its owner only.
  public init(path: String) throws {
    guard let real = realpath(path, nil) else {
      throw SecretsFailure(.configuration, "\(path): there is no such configuration; name it with --config")
    }
    defer { free(real) }
    self.path = String(cString: real)
    guard let data = FileManager.default.contents(atPath: self.path), data.count <= 64 * 1024 else {
      throw SecretsFailure(.files, "\(path): cannot read the configuration")
    }
    let nodes = try Nodes(data, path: path)
    switch nodes.text("asp_cli", "auth") ?? "oauthLocal" {
    case "secretsManager": source = .secretsManager(try Self.secret(nodes))
    case "oauthLocal":
      source = .oauthLocal(try Self.local(try Nodes(Data(Self.readPrivate(self.path).utf8), path: path)))
    case let other:
      let nodes = try Nodes(Data(Self.readPrivate(self.path).utf8), path: path)
      guard let token = nodes.text("oauthLocal", "access_token"), LoginCredentials.isToken(token) else {
        throw SecretsFailure(
          .configuration,
          """
          \(path): asp_cli.auth is "\(other.prefix(40))", neither secretsManager nor oauthLocal, so that \
          oauthLocal.access_token is used as it is; but there is no token in it
          """)
      }
      source = .verbatim(token)
    }
  }

  static func readPrivate(_ path: String) throws -> String {
    try PrivateFile.read(path, what: "configuration", hint: "it is JSON in the shape of asp-cli's config/default.json")
  }

  private static func secret(_ nodes: Nodes) throws -> Secret {
    let stage = nodes.text("secretsManager", "versionStage") ?? "AWSCURRENT"
    // A refresh token that changes is written back; these two labels are moved by AWS itself.
    guard stage != "AWSPREVIOUS", stage != "AWSPENDING" else {
      throw SecretsFailure(
        .configuration, "\(nodes.path): secretsManager.versionStage \(stage) cannot be written to; use AWSCURRENT")
    }
    let name = try nodes.required("secretsManager", "secretNameForOAuth")
    return try Secret(
      name, stage: stage, region: nodes.text("secretsManager", "regionName"),
      source: "\(nodes.path): secretsManager.secretNameForOAuth")
  }

  private static func local(_ nodes: Nodes) throws -> Local {
    let credentials = LoginCredentials(
      clientID: try nodes.required("oauthLocal", "client_id"),
      clientSecret: try nodes.required("oauthLocal", "client_secret"),
      tokenAddress: nil, scope: nil,
      refreshToken: try nodes.required("oauthLocal", "refresh_token"))
    let caches = nodes.flag("oauthLocal", "cacheToken") ?? true
    return Local(
      credentials: credentials, tokenFile: caches ? nodes.text("oauthLocal", "token_file") ?? "token.json" : nil)
  }

  /// A JSON object of objects.
  private struct Nodes {
    let path: String
    private let members: [String: Any]

    init(_ data: Data, path: String) throws {
      guard let members = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
        throw SecretsFailure(.configuration, "\(path): this is no JSON object")
      }
      self.members = members
      self.path = path
    }

    private func value(_ node: String, _ name: String) -> Any? { (members[node] as? [String: Any])?[name] }

    /// A text; one that is empty, or still the sample's placeholder, is none.
    func text(_ node: String, _ name: String) -> String? {
      guard let text = value(node, name) as? String, !text.isEmpty, !(text.hasPrefix("<") && text.hasSuffix(">"))
      else { return nil }
      return text
    }

    func flag(_ node: String, _ name: String) -> Bool? {
      value(node, name) as? Bool ?? (value(node, name) as? String).flatMap(Bool.init)
    }

    func required(_ node: String, _ name: String) throws -> String {
      guard let text = text(node, name) else {
        throw SecretsFailure(.configuration, "\(path): \(node).\(name) is missing, empty or still a placeholder")
      }
      // What came with a line break or a space from a clipboard.
      guard LoginCredentials.isToken(text) else {
        throw SecretsFailure(.configuration, "\(path): \(node).\(name) has spaces or other characters, or is too long")
      }
      return text
    }
  }
}
