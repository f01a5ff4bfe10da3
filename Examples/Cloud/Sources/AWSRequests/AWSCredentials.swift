import Foundation

/// Who signs.
public struct AWSCredentials: Sendable, Equatable, CustomStringConvertible {
  /// The access key id; no secret.
  public var accessKeyID: String
  /// The secret access key.
  public var secretAccessKey: String
  /// The session token of temporary credentials.
  public var sessionToken: String?
  /// When they end; nil when they do not.
  public var expiration: Date?

  /// Describes credentials.
  public init(
    accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Date? = nil
  ) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
    self.expiration = expiration
  }

  /// The access key id only.
  public var description: String { "AWS access key \(accessKeyID)" }
}

/// Why AWS cannot be asked, or refused.
public struct AWSFailure: Error, CustomStringConvertible, Sendable {
  /// What to do about it. Read from the error's code and never from the HTTP status, which differs by age and service.
  public enum Kind: Sendable {
    /// A setting is wrong.
    case configuration
    /// There are no credentials, or their source does not answer.
    case noCredentials
    /// The credentials have ended: fetch them again, once.
    case expiredCredentials
    /// The clocks differ: sign again with the other side's time, once.
    case skewedClock
    /// Too many requests: wait, and ask again.
    case throttled
    /// No answer, or the other side has trouble: wait, and ask again.
    case transient
    /// The credentials are not known, or may not do this.
    case denied
    /// There is no such secret, or no such version of it.
    case notFound
    /// Somebody else wrote first.
    case exists
    /// Anything else.
    case refused
  }

  /// What to do about it.
  public var kind: Kind
  /// The error's code at AWS; empty where there is none.
  public var code: String
  /// One line: what is wrong, where, and what to do. No secret is in it.
  public var description: String

  init(_ kind: Kind, code: String = "", _ description: String) {
    self.kind = kind
    self.code = code
    self.description = description
  }
}
