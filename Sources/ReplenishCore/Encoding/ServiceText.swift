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
    for word in bytes.split(separator: 0x20, maxSplits: ServiceText.longest) {
      let visible = Array(ServiceText.mayBeSecret(word) ? ServiceText.hidden[...] : word)
      if !shown.isEmpty { shown.append(0x20) }
      for byte in visible { shown.append(ASCII.isVisible(byte) ? byte : UInt8(ascii: "?")) }
      if shown.count >= ServiceText.longest { break }
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
