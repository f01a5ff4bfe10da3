import Foundation
import TextEncodings

/// Finds traces of secrets in a text, however they were written down.
struct Traces {
  private struct Needle {
    let kind: String
    let spelling: String
    let text: String
  }

  private let exact: [Needle]
  /// In lower case, for a text in lower case.
  private let folded: [Needle]

  /// - Parameter secrets: By kind.
  init(_ secrets: [String: [String]]) {
    var (exact, folded): ([Needle], [Needle]) = ([], [])
    for (kind, values) in secrets {
      for piece in values.flatMap(Self.pieces) {
        for (spelling, texts) in Self.spellings(piece) {
          exact += texts.map { Needle(kind: kind, spelling: spelling, text: $0) }
        }
        for (spelling, texts) in Self.spellingsInAnyCase(piece) {
          folded += texts.map { Needle(kind: kind, spelling: spelling, text: $0.lowercased()) }
        }
      }
    }
    (self.exact, self.folded) = (exact, folded)
  }

  /// Kinds and spellings, and never the secret itself: a failure is printed.
  func found(in text: String) -> Set<String> {
    let hits = Self.hits(exact, text) + Self.hits(folded, text.lowercased())
    return Set(hits.map { "\($0.kind), \($0.spelling)" })
  }

  /// In C, since there are thousands to look for.
  private static func hits(_ needles: [Needle], _ text: String) -> [Needle] {
    text.withCString { hay in needles.filter { needle in needle.text.withCString { strstr(hay, $0) != nil } } }
  }

  /// All of a short secret; of a long one also its beginning, middle and end, without the first letters, which tokens of
  /// one kind share.
  private static func pieces(_ secret: String) -> [String] {
    guard secret.utf8.count >= 48 else { return [secret] }
    let characters = Array(secret)
    let middle = characters.count / 2
    return [
      secret, String(characters[8..<32]), String(characters[middle..<middle + 24]), String(characters.suffix(24)),
    ]
  }

  static func spellings(_ secret: String) -> [String: [String]] {
    [
      "plain": [secret], "percent": [percentEncoded(secret), percentEncodedButLettersAndDigits(secret)],
      "form": [percentEncoded(secret).replacing("%20", with: "+")], "base64": base64(secret),
      "base64url": base64(secret).map { $0.replacing("+", with: "-").replacing("/", with: "_") },
      "JSON": [
        secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("/", with: "\\/"),
        secret.replacing("|", with: "\\u007c").replacing("/", with: "\\u002f"),
      ],
      "HTML": [
        secret.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
          .replacing("\"", with: "&quot;").replacing("'", with: "&#39;"),
        secret.replacing("|", with: "&#124;").replacing("/", with: "&#47;").replacing("=", with: "&#61;"),
      ],
    ]
  }

  /// As some programs write it, who leave no mark as it is.
  private static func percentEncodedButLettersAndDigits(_ secret: String) -> String {
    secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret
  }

  static func spellingsInAnyCase(_ secret: String) -> [String: [String]] {
    let bytes = Array(secret.utf8)
    let digits = bytes.map { hexadecimal([$0]) }
    return [
      "percent, every byte": [digits.map { "%" + $0 }.joined()],
      "hexadecimal": [digits.joined(), digits.joined(separator: " "), digits.joined(separator: ":")],
      "JSON, every character": [digits.map { "\\u00" + $0 }.joined()],
      "HTML, every character": [
        digits.map { "&#x\($0);" }.joined(), bytes.map { "&#\($0);" }.joined(),
      ],
      "numbers": [bytes.map(String.init).joined(separator: ", "), bytes.map(String.init).joined(separator: ",")],
    ]
  }

  /// What stands in the base64 of any text that holds the secret, wherever in the text it begins.
  private static func base64(_ secret: String) -> [String] {
    (0..<3).map { shift in
      let data = Data(repeating: 0, count: shift) + Data(secret.utf8)
      let text = data.base64EncodedString().prefix { $0 != "=" }
      // Without the letters at either end that hold bits of something else.
      let begin = shift == 0 ? 0 : shift + 1
      return String(text.dropFirst(begin).prefix(data.count * 8 / 6 - begin))
    }
  }
}
