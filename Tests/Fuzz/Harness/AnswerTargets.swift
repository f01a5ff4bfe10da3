@testable import ReplenishCore

/// Answers of Login with Amazon and DRS.
///
/// Five lines and a body: status, `Content-Type`, `x-amzn-errortype`, `x-amzn-requestid`, `Retry-After`; an empty line
/// stands for a field that is absent.
enum AnswerTargets {
  static func tokens(_ input: [UInt8]) throws(Violation) {
    let answer = answer(input)
    let tokens: Tokens
    do throws(TokenError) {
      tokens = try TokenAnswer.read(answer)
    } catch {
      return try check(error, status: answer.status)
    }
    try isToken(tokens.accessToken)
    if let token = tokens.refreshToken { try isToken(token) }
    try Violation.unless((1...Tokens.longestLife).contains(tokens.expiresIn), "a token's life is within bounds")
    try Violation.unless(answer.status == 200, "only 200 gives tokens")
  }

  static func codePair(_ input: [UInt8]) throws(Violation) {
    // The second answer, if there is one, is to the question that follows; a NUL is between them.
    let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let first = answer(Array(parts[0]))
    let second = parts.count > 1 ? answer(Array(parts[1])) : nil
    guard let pair = try pair(first) else { return }
    try Violation.unless((1...CodePair.longestLife).contains(pair.expiresIn), "a pair's life is within bounds")
    try Violation.unless((1...CodePair.longestInterval).contains(pair.interval), "an interval is within bounds")
    var polling = CodePairPolling(pair, requestedAt: 5_000)
    var uptime: UInt64 = 5_000
    for _ in 0..<8 {
      guard case .ask(let next) = polling.next(after: second.flatMap(error), at: uptime) else { return }
      try Violation.unless(next > uptime && next < polling.deadline, "a question comes later, and before the end")
      uptime = next
    }
  }

  static func redirect(_ input: [UInt8]) throws(Violation) {
    let url = String(decoding: input, as: UTF8.self)
    for state in [nil, "s1"] {
      guard let code = try? AuthorizationRedirect.code(in: url, state: state) else { continue }
      try Violation.unless((1...AuthorizationRedirect.longest).contains(code.count), "a code is within bounds")
    }
  }

  static func drs(_ input: [UInt8]) throws(Violation) {
    let answer = answer(input)
    try check { () throws(DashError) in
      let answer = try ReplenishAnswer.read(answer)
      return (answer.eventInstanceID?.utf8.count ?? 1) <= 255
    }
    try check { () throws(DashError) in
      let slots = try SlotSubscription.read(answer)
      return slots.count <= AnswerReader.longestList
        && slots == slots.sorted { $0.slot.utf8.lexicographicallyPrecedes($1.slot.utf8) }
    }
    try check { () throws(DashError) in
      let order = try OrderInfo.read(answer)
      return order.items.count <= AnswerReader.longestList && order.items.allSatisfy { $0.quantity >= 0 }
    }
    try check { () throws(DashError) in try CancelledSlot.read(answer).count <= AnswerReader.longestList }
    for request in [DashRequest.deregister, .replenish(slot: "coffee")] {
      try check { () throws(DashError) in
        try DashAcknowledgement.read(answer, to: request)
        return (200...299).contains(answer.status)
      }
    }
  }

  /// The answer that an input stands for.
  static func answer(_ input: [UInt8]) -> HTTPAnswer {
    let lines = input.split(separator: UInt8(ascii: "\n"), maxSplits: 5, omittingEmptySubsequences: false)
    func text(_ index: Int) -> String? {
      guard index < lines.count, !lines[index].isEmpty else { return nil }
      return String(decoding: lines[index].prefix(256), as: UTF8.self)
    }
    return HTTPAnswer(
      status: text(0).flatMap { Int($0) } ?? 200, contentType: text(1), errorType: text(2), requestID: text(3),
      retryAfter: text(4).flatMap { Int($0) }, body: Secret(copying: lines.count > 5 ? Array(lines[5]) : []))
  }

  private static func pair(_ answer: HTTPAnswer) throws(Violation) -> CodePair? {
    do throws(TokenError) {
      return try CodePair.read(answer)
    } catch {
      try check(error, status: answer.status)
      return nil
    }
  }

  private static func error(_ answer: HTTPAnswer) -> TokenError? {
    do throws(TokenError) {
      _ = try TokenAnswer.read(answer)
      return nil
    } catch { return error }
  }

  private static func isToken(_ token: Secret) throws(Violation) {
    let isVisible = token.withBytes { bytes in bytes.allSatisfy { $0 >= 0x21 && $0 <= 0x7E } }
    try Violation.unless(isVisible && (1...Tokens.longestToken).contains(token.count), "a token is within bounds")
  }

  private static func check(_ error: TokenError, status: Int) throws(Violation) {
    try check(error.explanation)
    if case .invalidGrant = error {
      try Violation.unless((400...499).contains(status), "only a 4xx can cost the owner the link")
    }
    if case .server(_, let retryAfter?) = error {
      try Violation.unless((0...RetryAfter.longest).contains(retryAfter), "a wait is within bounds")
    }
  }

  private static func check(_ read: () throws(DashError) -> Bool) throws(Violation) {
    let isKept: Bool
    do throws(DashError) {
      isKept = try read()
    } catch {
      try check(error.explanation)
      return
    }
    try Violation.unless(isKept, "an answer that was read is within bounds")
  }

  /// What reaches logs and lights is short and printable, whatever a server wrote.
  private static func check(_ explanation: String) throws(Violation) {
    let bytes = explanation.utf8
    try Violation.unless(bytes.count <= 1024, "an explanation is short")
    try Violation.unless(bytes.allSatisfy { $0 >= 0x20 && $0 <= 0x7E }, "an explanation is printable")
  }
}
