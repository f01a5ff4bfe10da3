/// The serial number by which Amazon knows one device: 1 to 50 of `A-Z a-z 0-9`.
///
/// The service's pages allow 64 characters in one place and fewer in another; this is what all of them allow.
public struct SerialNumber: Equatable, Sendable {
  /// The most characters it may have.
  public static var longest: Int { 50 }

  /// The characters.
  public let text: String

  /// Checks a text, which must hold nothing else, not even a line break.
  public init(_ text: String) throws(IdentityFault) {
    try IdentityFault.check(text.bytes, limit: SerialNumber.longest) { ASCII.isAlphanumeric($0) }
    self.text = text
  }
}
