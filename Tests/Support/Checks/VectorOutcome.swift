import ReplenishCore

/// What the code made of a vector, in the neutral words of `Tests/Vectors/README.md`.
struct VectorOutcome {
  var word: String
  var fields: [String: TestJSON] = [:]
  /// Texts that a person would be shown; none may hold a control character.
  var shown: [String] = []

  init(_ word: String, _ fields: [String: TestJSON] = [:]) {
    self.word = word
    self.fields = fields
  }

  /// Compares with what a vector expects. An expected field that the code does not report is a failure, unless `dropped`
  /// says that the code deliberately drops it for this outcome. `respelled` maps spellings that the code holds for one.
  func check(
    _ vector: Vector, _ findings: Findings, dropped: Set<String> = [], respelled: [String: String] = [:]
  ) throws(VectorFault) {
    let expected = try vector.expectedOutcome
    let allowed = vector["acceptable"]?.strings ?? [expected]
    findings.expect(allowed.contains(word), "\(word), expected \(allowed.joined(separator: " or "))")
    for text in shown {
      let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && text.utf8.count <= 500
      findings.expect(isPlain, "a text that cannot be shown: \(text)")
    }
    guard word == expected else { return }
    for (key, given) in try vector.object("expect") where key != "outcome" && !dropped.contains(key) {
      let value = given.replacing(respelled)
      guard let actual = fields[key] else {
        findings.add("the vector expects \(key), which nothing compares")
        continue
      }
      if key == "slots", let left = actual.elements, let right = value.elements {
        findings.expect(Set(left) == Set(right) && left.count == right.count, "another \(key)")
      } else {
        findings.expect(actual == value, "another \(key)")
      }
    }
  }

  init(_ error: TokenError, afterRefresh: Bool, _ findings: Findings) {
    var unlinks = false
    switch error {
    case .invalidGrant(let said):
      self.init("invalidGrant", ["description": .string(said.text)])
      unlinks = afterRefresh
    case .invalidClient(let said): self.init("invalidClient", ["description": .string(said.text)])
    case .invalidRequest(let said): self.init("invalidRequest", ["description": .string(said.text)])
    case .unauthorizedClient(let said): self.init("unauthorizedClient", ["description": .string(said.text)])
    case .unsupportedGrantType(let said): self.init("unsupportedGrantType", ["description": .string(said.text)])
    case .invalidScope(let said): self.init("invalidScope", ["description": .string(said.text)])
    case .authorizationPending: self.init("authorizationPending")
    case .slowDown: self.init("slowDown")
    case .invalidCodePair: self.init("invalidCodePair")
    case .expiredToken: self.init("expiredToken")
    case .accessDenied: self.init("accessDenied")
    case .server(let status, let wait):
      self.init("retryable", ["status": .number(Double(status))])
      if let wait { fields["retryAfterSeconds"] = .number(Double(wait)) }
    case .malformed: self.init("malformed")
    case .other(let word, let said):
      self.init("otherError", ["error": .string(word.text), "description": .string(said.text)])
    }
    fields["unlinks"] = .bool(unlinks)
    shown = [error.explanation]
    findings.expect(error.isFinal != error.isRetryable, "the error is both final and retryable, or neither")
  }

  init(_ error: DashError) {
    switch error {
    case .invalidToken(let id): self.init("invalidToken", ["requestId": .text(id)])
    case .slotUnknown(let id): self.init("slotUnknown", ["requestId": .text(id)])
    case .notLinked: self.init("notLinked")
    case .refused(let status, let message, let id):
      self.init(
        "refused",
        ["status": .number(Double(status)), "message": .string(message.text), "requestId": .text(id)])
    case .server(let status, let wait, let id):
      self.init("retryable", ["status": .number(Double(status)), "requestId": .text(id)])
      if let wait { fields["retryAfterSeconds"] = .number(Double(wait)) }
    case .malformed: self.init("malformed")
    }
    shown = [error.explanation]
  }
}
