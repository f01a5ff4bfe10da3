import BoundedHTTP
import Foundation

/// One place where credentials may be.
protocol CredentialSource: Sendable {
  /// Its credentials now; nil when it is not in use here, so that the next source is asked.
  ///
  /// Throws when it is in use and does not work: another identity is then not what somebody wanted.
  func load() async throws -> AWSCredentials?
}

/// `AWS_ACCESS_KEY_ID` and the others.
struct EnvironmentCredentials: CredentialSource {
  let environment: AWSEnvironment

  func load() throws -> AWSCredentials? {
    guard let id = environment["AWS_ACCESS_KEY_ID"] else { return nil }
    guard let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
      throw AWSFailure(.noCredentials, "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not")
    }
    var expiration: Date?
    if let text = environment["AWS_CREDENTIAL_EXPIRATION"] {
      guard let date = AWSDates.iso8601(text) else {
        throw AWSFailure(.noCredentials, "AWS_CREDENTIAL_EXPIRATION is no time such as 2030-01-31T12:00:00Z")
      }
      expiration = date
    }
    return AWSCredentials(
      accessKeyID: id, secretAccessKey: secret,
      sessionToken: environment["AWS_SESSION_TOKEN"] ?? environment["AWS_SECURITY_TOKEN"], expiration: expiration)
  }
}

/// A profile of the shared files.
///
/// Keys only. What would ask another service for keys is named and refused, not passed over.
struct ProfileCredentials: CredentialSource {
  let environment: AWSEnvironment

  func load() throws -> AWSCredentials? {
    let files = try SharedFiles(environment)
    let merged = (files.credentials ?? [:]).merging(files.config ?? [:]) { $1 }
    for name in ["role_arn", "web_identity_token_file"] where merged[name] != nil { throw unsupported(name) }
    if environment["AWS_WEB_IDENTITY_TOKEN_FILE"] != nil, environment["AWS_ROLE_ARN"] != nil {
      throw AWSFailure(
        .noCredentials,
        "AWS_WEB_IDENTITY_TOKEN_FILE is set, which is not supported here; unset it and give keys or a container role")
    }
    for name in ["sso_session", "sso_start_url"] where merged[name] != nil { throw unsupported(name) }
    if let found = try keys(files.credentials, in: environment.credentialsPath) { return found }
    for name in ["login_session", "credential_process"] where merged[name] != nil { throw unsupported(name) }
    return try keys(files.config, in: environment.configPath)
  }

  private func keys(_ section: SharedFiles.Section?, in path: String) throws -> AWSCredentials? {
    guard let section, let id = section["aws_access_key_id"], !id.isEmpty else { return nil }
    guard let secret = section["aws_secret_access_key"], !secret.isEmpty else {
      throw AWSFailure(.noCredentials, "\(path): the profile \(environment.profile) lacks aws_secret_access_key")
    }
    let token = section["aws_session_token"] ?? section["aws_security_token"]
    return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token)
  }

  private func unsupported(_ name: String) -> AWSFailure {
    AWSFailure(
      .noCredentials,
      "the AWS profile \(environment.profile) uses \(name), which is not supported here; choose a profile with keys, "
        + "or put keys into the environment (aws configure export-credentials --format env)")
  }
}

/// The answer of a container's or an instance's endpoint.
enum CredentialAnswer {
  static func read(_ answer: HTTPAnswer, from source: String) throws -> AWSCredentials {
    let members = answer.members
    guard let id = members["AccessKeyId"] as? String, !id.isEmpty,
      let secret = members["SecretAccessKey"] as? String, !secret.isEmpty
    else { throw AWSFailure(.noCredentials, "\(source) answered without AccessKeyId and SecretAccessKey") }
    return AWSCredentials(
      accessKeyID: id, secretAccessKey: secret, sessionToken: members["Token"] as? String,
      expiration: (members["Expiration"] as? String).flatMap(AWSDates.iso8601))
  }
}
