import AWSRequests
import Foundation

/// The client of an LWA security profile, for a program that gets its own tokens with it.
public struct LoginClient: Sendable, CustomStringConvertible {
  /// Its id.
  public let id: String
  /// Its secret.
  public let secret: String

  /// The client id only.
  public var description: String { "LWA client \(id)" }

  /// Fetches it from AWS Secrets Manager: the keys `lwa-client-id` and `lwa-client-secret`.
  ///
  /// - Parameters:
  ///   - name: The secret's name or ARN.
  ///   - environment: Variables, profile and shared files of AWS.
  public init(awsSecret name: String, environment: AWSEnvironment = AWSEnvironment()) async throws(SecretsFailure) {
    do {
      let store = try SecretsManagerStore(try .init(name, source: name), environment)
      try self.init(document: try await store.fetch().document, name: name)
    } catch {
      throw SecretsFailure(error)
    }
  }

  init(document: String, name: String) throws {
    let members = try SecretMembers(document, name: name)
    id = try members.required("lwa-client-id")
    secret = try members.required("lwa-client-secret")
  }
}

/// The keys and values of a secret.
struct SecretMembers {
  let name: String
  private let members: [String: Any]

  init(_ document: String, name: String) throws {
    guard let members = (try? JSONSerialization.jsonObject(with: Data(document.utf8))) as? [String: Any] else {
      throw SecretsFailure(.configuration, "the secret \(name) is no JSON object of keys and values")
    }
    (self.members, self.name) = (members, name)
  }

  subscript(key: String) -> String? { members[key] as? String }

  /// A value, which may have come with a line break or a space from a clipboard.
  func required(_ key: String) throws -> String {
    guard let value = self[key], !value.isEmpty else {
      throw SecretsFailure(.configuration, "the secret \(name) lacks the key \(key), or its value is no text")
    }
    guard LoginCredentials.isToken(value) else {
      throw SecretsFailure(
        .configuration, "the secret \(name): the value of \(key) has spaces or other characters, or is too long")
    }
    return value
  }
}
