/// Why a link did not come about.
public struct LinkingFailure: Error, Equatable {
  /// The kind of failure, which is also the exit code of `companion`.
  public enum Kind: Int32, CaseIterable, Sendable {
    /// The device cannot be reached at the socket, or it went away.
    case deviceUnreachable = 3
    /// The setup code is wrong.
    case wrongSetupCode = 4
    /// The device lets nobody try a setup code for a while, because too many were wrong.
    case mustWait = 5
    /// Amazon gave no authorization code: login refused, consent refused, a wrong `state`.
    case notAuthorized = 6
    /// The device had the code and could not link itself.
    case deviceFailed = 7
    /// The login page cannot be reached, or its certificate is not trusted.
    case webUnreachable = 8
    /// One side said what the other does not understand.
    case misunderstood = 9
    /// A test switch ended it on purpose.
    case endedByTest = 10
  }

  /// The kind of failure.
  public let kind: Kind
  /// What was wrong, where, and what to do; for a person. Never holds a secret.
  public let text: String

  /// Makes a failure.
  public init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }
}
