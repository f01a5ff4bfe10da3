import Foundation

/// Random codes that a person reads from paper and types: Crockford's base32, which has no letters that look alike.
enum SecretText {
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

  /// 16 characters, 80 bits, in groups of four.
  static func draw() -> String {
    var random = SystemRandomNumberGenerator()
    let characters = (0..<16).map { _ in alphabet[Int.random(in: 0..<32, using: &random)] }
    return stride(from: 0, to: 16, by: 4).map { String(characters[$0..<$0 + 4]) }.joined(separator: "-")
  }

  /// What was meant by what was typed: no spaces and hyphens, O is 0, I and L are 1. Its digest is what is stored.
  static func plain(_ typed: String) -> String {
    String(
      typed.uppercased().compactMap { character -> Character? in
        switch character {
        case "-", " ", "\t", "\u{2010}", "\u{2011}", "\u{2013}": nil
        case "O": "0"
        case "I", "L": "1"
        default: character
        }
      })
  }

  /// The digest under which a code is stored.
  static func fingerprint(_ typed: String) -> Fingerprint { Fingerprint(of: plain(typed)) }
}
