/// A set of scope words (RFC 6749 section 3.3), in the order the client sent them.
public struct Scope: Equatable, Sendable, CustomStringConvertible {
  /// The words, without duplicates.
  public let words: [String]

  /// Parses a space-separated list; nil when it is empty or has a forbidden character.
  public init?(_ text: String) {
    var words: [String] = []
    for word in text.split(separator: " ") {
      let isAllowed = word.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }
      guard isAllowed else { return nil }
      if !words.contains(String(word)) { words.append(String(word)) }
    }
    guard !words.isEmpty else { return nil }
    self.words = words
  }

  /// The list as it travels.
  public var description: String { words.joined(separator: " ") }

  /// Whether every word is in `allowed`.
  public func isWithin(_ allowed: some Collection<String>) -> Bool {
    words.allSatisfy { allowed.contains($0) }
  }
}
