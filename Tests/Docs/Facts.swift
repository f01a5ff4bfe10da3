// Prints the tables of the documents from the code itself, so that neither can change without the other.
import ReplenishCore

func heading(_ name: String) { print("=== \(name)") }

@main
struct Facts {
  static func main() {
    heading("configuration")
    print(ConfigurationReference.markdownTable, terminator: "")

    heading("lights")
    print("| signal | rhythm, ms (on, off, …) | says |\n|---|---|---|")
    for signal in LightSignal.allCases {
      print("| `\(signal)` | \(rhythm(signal.pattern)) | \(signal.meaning) |")
    }

    heading("link-states")
    print("| `link` | says |\n|---|---|")
    for state in LinkState.allCases { print("| `\(state.rawValue)` | \(state.text) |") }

    heading("faults")
    print("| code | name | cause and remedy |\n|---|---|---|")
    for code in UInt8(1)...UInt8.max {
      guard let fault = SetupFault(code: code, seconds: 40) else { break }
      let name = "\(fault)".prefix { $0 != "(" }
      print("| \(code) | `\(name)` | \(fault.text) |")
    }
    for fault in [SetupFault.unacceptableParameters, .otherModel, .notASetupDevice] {
      print("| none: found by the phone | `\(fault)` | \(fault.text) |")
    }

    heading("token-errors")
    print("| `TokenError` | again by itself | cause and remedy |\n|---|---|---|")
    for (name, error) in tokenErrors {
      print("| `\(name)` | \(error.isRetryable ? "yes" : "no") | \(error.explanation) |")
    }

    heading("dash-errors")
    print("| `DashError` | again by itself | cause and remedy |\n|---|---|---|")
    for (name, error) in dashErrors {
      print("| `\(name)` | \(error.isRetryable ? "yes" : "no") | \(error.explanation) |")
    }

    heading("record")
    if let record = RecordEnvelope.encode(.attempts, sequence: 7, payload: Secret(copying: "{\"failures\":1}")) {
      print("```")
      print(record.withBytes { dump(Array($0)) }, terminator: "")
      print("```")
    }
    // Not shown: names that Errors must have an entry for.
    heading("refusal-codes")
    for code in Refusal.Code.allCases { print(code.rawValue) }
    heading("press-states")
    for state in PressReport.State.allCases { print(state.rawValue) }
    heading("record-kinds")
    for kind in RecordKind.allCases { print(kind.rawValue) }
  }

  static func rhythm(_ pattern: LightPattern) -> String {
    if pattern.steps.isEmpty { return "dark" }
    if pattern.steps.count == 1, !pattern.repeats { return "on, steady" }
    let steps = pattern.steps.map { "\($0)" }.joined(separator: " ")
    return pattern.repeats ? steps + ", again and again" : steps + ", then stays"
  }

  static var tokenErrors: [(String, TokenError)] {
    let said = ServiceText("")
    return [
      ("invalidGrant", .invalidGrant(said)), ("invalidClient", .invalidClient(said)),
      ("invalidRequest", .invalidRequest(said)), ("unauthorizedClient", .unauthorizedClient(said)),
      ("unsupportedGrantType", .unsupportedGrantType(said)), ("invalidScope", .invalidScope(said)),
      ("authorizationPending", .authorizationPending), ("slowDown", .slowDown), ("invalidCodePair", .invalidCodePair),
      ("expiredToken", .expiredToken), ("accessDenied", .accessDenied),
      ("server", .server(status: 503, retryAfter: nil)), ("malformed", .malformed("…")),
      ("other", .other(error: ServiceText("WORD"), said)),
    ]
  }

  static var dashErrors: [(String, DashError)] {
    [
      ("invalidToken", .invalidToken(requestID: nil)), ("slotUnknown", .slotUnknown(requestID: nil)),
      ("refused", .refused(status: 400, message: ServiceText(""), requestID: nil)),
      ("server", .server(status: 503, retryAfter: nil, requestID: nil)), ("malformed", .malformed("…")),
    ]
  }

  static func dump(_ bytes: [UInt8]) -> String {
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 16) {
      let row = bytes[start..<min(start + 16, bytes.count)]
      text += pad(String(start), 3) + " "
      for (index, byte) in row.enumerated() {
        text += (index == 8 ? "  " : " ") + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      text += "\n"
    }
    return text
  }

  static func pad(_ text: String, _ count: Int) -> String {
    String(repeating: " ", count: max(count - text.count, 0)) + text
  }
}
