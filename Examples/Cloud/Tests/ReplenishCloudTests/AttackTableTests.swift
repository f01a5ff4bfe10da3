import Foundation
import Testing

/// `SECURITY.md` names attacks and the tests that try them: each attack must be there, and each test in the sources.
@Suite("Attacks")
struct AttackTableTests {
  private static let attacks = [
    "claim without the code", "pre-claim", "serial enumeration", "lock-out by guessing", "another owner's device",
    "slot not of this device", "credential stuffing", "CSRF", "session fixation", "link started in another browser",
    "replayed code", "downgraded PKCE", "open redirect", "stolen refresh token", "stolen claim after resale",
    "old owner's notification", "forged SNS", "revoked certificate on a live connection",
    "revoked certificate on a resumed connection", "header spoofing through a proxy", "command outside consent",
    "SSRF through secret URLs", "SSRF through SNS URLs", "injection", "oversized bodies",
    "slow headers and slow bodies",
  ]

  @Test("each attack is in the table with a test whose name says it, and each test of the table is in the sources")
  func table() throws {
    let tests = try TestNames.byFile()
    let text = try String(contentsOf: TestNames.package.appending(path: "SECURITY.md"), encoding: .utf8)
    var (attack, found) = ("", [String: [String]]())
    for line in text.split(separator: "\n").drop(while: { !$0.hasPrefix("|---") }).dropFirst() {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      try #require(cells.count == 5, "\(line)")
      if !cells[1].isEmpty { attack = cells[1] }
      let file = cells[3].trimmingCharacters(in: ["`"])
      #expect(tests[file]?.contains(cells[2]) == true, "\(file) has no test named: \(cells[2])")
      found[attack, default: []].append(cells[2])
    }
    #expect(found.keys.sorted() == Self.attacks.sorted())
    for (attack, names) in found {
      // "revoked certificate on a resumed connection" is one on a resumed session.
      let words = attack.replacing("resumed connection", with: "resumed session").lowercased()
      #expect(names.contains { $0.lowercased().contains(words) }, "no test says: \(attack)")
    }
  }
}
