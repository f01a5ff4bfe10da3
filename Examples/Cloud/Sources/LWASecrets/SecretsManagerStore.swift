import AWSRequests
import BoundedHTTP
import Crypto
import Foundation
import TextEncodings

/// A secret of AWS Secrets Manager.
struct SecretsManagerStore: SecretStore {
  let client: AWSClient
  let secret: TokenConfiguration.Secret

  var identity: String { "\(client.place.address) \(client.place.region) \(secret.name) \(secret.stage)" }

  func read() async throws -> StoredCredentials {
    let (document, version) = try await fetch()
    return StoredCredentials(
      credentials: try LoginCredentials(secret: document, name: secret.name), version: version, document: document)
  }

  /// The secret's text and the id of its version.
  func fetch() async throws -> (document: String, version: String) {
    let members = try await client.call("GetSecretValue", ["SecretId": secret.name, "VersionStage": secret.stage])
    guard let document = members["SecretString"] as? String, let version = members["VersionId"] as? String else {
      throw SecretsFailure(.configuration, "the secret \(secret.name) holds no text, or AWS did not say which version")
    }
    return (document, version)
  }

  /// One PutSecretValue. Its token, which becomes the id of the new version, follows from the version that was read, so that
  /// of two writers one is told ResourceExistsException; sent twice by one writer it is the same request.
  func write(refreshToken: String, over stored: StoredCredentials) async throws -> Bool {
    guard
      let document = try? JSONText.replacing(
        in: stored.document, at: ["lwa-refresh-token"], with: refreshToken)
    else {
      throw SecretsFailure(.configuration, "the secret \(secret.name) has the key lwa-refresh-token more than once")
    }
    var members: [String: Any] = [
      "SecretId": secret.name, "SecretString": document, "ClientRequestToken": Self.token(after: stored.version),
    ]
    // Without stages the new version becomes AWSCURRENT.
    if secret.stage != "AWSCURRENT" { members["VersionStages"] = [secret.stage] }
    do {
      _ = try await client.call("PutSecretValue", members)
      return true
    } catch let failure as AWSFailure where failure.kind == .exists {
      return false
    }
  }

  /// 64 characters, as many as a version's id may have.
  static func token(after version: String) -> String {
    hexadecimal(SHA256.hash(data: Data("rotated lwa-refresh-token after \(version)".utf8)))
  }
}

extension SecretsManagerStore {
  /// Finds the secret's place and the credentials for it; nothing is asked yet.
  init(_ secret: TokenConfiguration.Secret, _ environment: AWSEnvironment) throws {
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
    self.init(
      client: AWSClient(service: "secretsmanager", at: place, credentials: chain, http: http), secret: secret)
  }
}
