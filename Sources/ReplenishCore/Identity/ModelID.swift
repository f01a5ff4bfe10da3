/// The id of a product in the Dash console: 1 to 63 of `A-Z a-z 0-9 + - _`.
public struct ModelID: Equatable, Sendable {
  /// The most characters it may have. Amazon's samples ask for fewer than 64.
  public static var longest: Int { 63 }

  /// The characters.
  public let text: String

  /// Checks a text.
  public init(_ text: String) throws(IdentityFault) {
    try IdentityFault.check(text.bytes, limit: ModelID.longest) { byte in
      ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
    self.text = text
  }
}
