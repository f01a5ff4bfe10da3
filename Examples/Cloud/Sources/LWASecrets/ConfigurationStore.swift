import Foundation
import OwnerOnlyFiles

/// The node `oauthLocal` of a configuration file.
struct ConfigurationStore: SecretStore {
  let path: String

  var identity: String { path }

  func read() throws -> StoredCredentials {
    guard case .oauthLocal(let local) = try TokenConfiguration(path: path).source else {
      throw SecretsFailure(.configuration, "\(path): asp_cli.auth is no longer oauthLocal")
    }
    return StoredCredentials(
      credentials: local.credentials, version: local.credentials.refreshToken,
      document: try TokenConfiguration.readPrivate(path))
  }

  func write(refreshToken: String, over stored: StoredCredentials) throws -> Bool {
    // Somebody may have edited the file while Login with Amazon was asked; what they changed stays.
    let current = try read()
    guard current.version == stored.version else { return false }
    guard
      let document = try? JSONText.replacing(
        in: current.document, at: ["oauthLocal", "refresh_token"], with: refreshToken)
    else {
      throw SecretsFailure(.configuration, "\(path) has oauthLocal.refresh_token more than once")
    }
    try PrivateFile.replace(path, document, what: "configuration")
    return true
  }
}
