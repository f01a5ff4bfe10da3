/// What keeps the tokens on disk from somebody who holds the disk. Reported as it is, never better.
public enum ProtectionLevel: String, CaseIterable, Sendable {
  /// File permissions only: whoever takes the card or becomes root reads the tokens.
  case none
  /// Sealed with a key that the board provided at start: a copy of the state folder alone does not yield the tokens.
  case sealed

  /// One sentence for a person.
  public var text: String {
    switch self {
    case .none: "file permissions only; whoever takes the disk or is root can read the secrets on it"
    case .sealed: "sealed with the board's key; a copy of the state folder alone does not yield the tokens"
    }
  }
}
