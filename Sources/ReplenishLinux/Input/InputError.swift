/// Why a button or a light cannot be used.
public struct InputError: Error, Equatable {
  /// One sentence for a person: what was wrong, where, and what to do.
  public let text: String

  init(_ text: String) { self.text = text }

  init(_ act: String, _ path: String, _ error: Errno) {
    text = "\(path): could not \(act) (\(error.text)); check the name, and that this user's groups may use it"
  }
}
