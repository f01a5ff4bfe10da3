/// A text that a service sent for a person to read: short, printable, and with nothing in it that could be a secret.
///
/// A confused server may repeat a token in its error message. So a word that has a `|`, as Amazon's tokens have, or that
/// is long and not plain small letters, is replaced by `[hidden]`.
public struct ServiceText: Equatable, Sendable {
  /// The most bytes it holds.
  public static var longest: Int { 200 }

  /// What is left of the service's text; empty if it sent none.
  public let text: String

  /// Takes what can be shown from the bytes of a text.
  public init(_ bytes: [UInt8]) {
    var shown: [UInt8] = []
    var rest = bytes[...]
    while shown.count < ServiceText.longest, let start = rest.firstIndex(where: { $0 != 0x20 }) {
      let word = rest[start...].prefix { $0 != 0x20 }
      rest = rest[word.endIndex...]
      if !shown.isEmpty { shown.append(0x20) }
      for byte in ServiceText.mayBeSecret(word) ? ServiceText.hidden[...] : word {
        shown.append(ASCII.isVisible(byte) ? byte : UInt8(ascii: "?"))
      }
    }
    text = String(utf8: Array(shown.prefix(ServiceText.longest)))
  }

  /// Takes what can be shown from a text.
  public init(_ text: String) { self.init(text.bytes) }

  private static var hidden: [UInt8] { "[hidden]".bytes }
  private static var longestHarmlessWord: Int { 19 }

  private static func mayBeSecret(_ word: ArraySlice<UInt8>) -> Bool {
    if word.contains(UInt8(ascii: "|")) { return true }
    guard word.count > longestHarmlessWord else { return false }
    return word.contains { byte in
      !(byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")) && byte != UInt8(ascii: "_")
        && byte != UInt8(ascii: ".")
        && byte != UInt8(ascii: ":") && byte != UInt8(ascii: ",")
    }
  }
}
