import ReplenishCore
import Testing

/// What the code made of a vector, in the neutral words of `Tests/Vectors/README.md`.
struct Outcome {
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
  func check(_ vector: Vector, dropped: Set<String> = [], respelled: [String: String] = [:]) throws {
    let expected = try vector.expectedOutcome
    let allowed = vector.acceptable ?? [expected]
    #expect(allowed.contains(word), "\(vector.name): \(word), expected one of \(allowed)")
    for text in shown {
      #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && text.utf8.count <= 500, "\(vector.name): \(text)")
    }
    guard word == expected else { return }
    for (key, given) in vector.expect ?? [:] where key != "outcome" && !dropped.contains(key) {
      let value = given.replacing(respelled)
      guard let actual = fields[key] else {
        Issue.record("\(vector.name): expects \(key), which the test does not compare")
        continue
      }
      if key == "slots", case .array(let left) = actual, case .array(let right) = value {
        #expect(Set(left) == Set(right), "\(vector.name): \(key)")
        #expect(left.count == right.count, "\(vector.name): \(key)")
      } else {
        #expect(actual == value, "\(vector.name): \(key)")
      }
    }
  }

  init(_ error: TokenError, afterRefresh: Bool) {
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
    #expect(error.isFinal != error.isRetryable)
  }

  init(_ error: DashError) {
    switch error {
    case .invalidToken(let id): self.init("invalidToken", ["requestId": .text(id)])
    case .slotUnknown(let id): self.init("slotUnknown", ["requestId": .text(id)])
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
