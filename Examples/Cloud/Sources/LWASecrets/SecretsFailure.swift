import AWSRequests
import OwnerOnlyFiles

/// Why there is no access token.
public struct SecretsFailure: Error, CustomStringConvertible, Sendable {
  /// What to do about it.
  public enum Kind: Sendable {
    /// The configuration, or the secret's content, is wrong.
    case configuration
    /// A file cannot be read or written.
    case files
    /// AWS or Login with Amazon does not know us, or does not let us.
    case denied
    /// The refresh token is dead: somebody must authorize again.
    case unlinked
    /// It may work later.
    case temporary
  }

  /// What to do about it.
  public var kind: Kind
  /// One line: what is wrong, where, and what to do. No secret is in it.
  public var description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// Says what another part's error means here.
  public init(_ error: any Error) {
    switch error {
    case let failure as SecretsFailure: self = failure
    case let failure as AWSFailure:
      let kind: Kind =
        switch failure.kind {
        case .configuration, .notFound, .exists, .refused: .configuration
        case .noCredentials, .expiredCredentials, .skewedClock, .denied: .denied
        case .throttled, .transient: .temporary
        }
      self.init(kind, failure.description)
    case let failure as PrivateFile.Failure: self.init(.files, failure.description)
    default: self.init(.temporary, "\(type(of: error))")
    }
  }
}
