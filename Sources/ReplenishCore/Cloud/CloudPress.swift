/// The cloud's word on a press.
struct CloudPress {
  /// How it ended; nil while it has not.
  let state: PressReport.State?
  /// The order; nil where there is none.
  let instanceID: String?
  /// Why it ended so, for a person; empty where the state says all.
  let reason: String
  /// What the answer tells of the link; nil if nothing.
  let isLinked: Bool?

  /// Reads the answer to the report of a press.
  static func read(_ answer: HTTPAnswer, _ id: PressID) throws(DashError) -> CloudPress {
    try CloudAnswer.check(answer)
    do throws(AnswerFault) {
      let object = try AnswerReader.object(answer)
      guard PressID(text: object["id"]?.utf8 ?? []) == id else { throw AnswerFault("id", "is of another press") }
      let word = try AnswerReader.word(object, "state", limit: 64).bytes
      let reason = try AnswerReader.optionalText(object, "reason", limit: 64)?.bytes ?? []
      return CloudPress(
        state: try state(word, reason, detail: try AnswerReader.optionalText(object, "detailCode", limit: 64)),
        instanceID: try AnswerReader.optionalText(object, "eventInstanceId", limit: 255), reason: text(reason),
        isLinked: isLinked(word, reason))
    } catch {
      throw .malformed(error.text)
    }
  }

  private static func state(
    _ word: [UInt8], _ reason: [UInt8], detail: String?
  ) throws(AnswerFault) -> PressReport.State? {
    if ASCII.isExactly(word, "noted") || ASCII.isExactly(word, "sending") { return nil }
    if ASCII.isExactly(word, "ordered") {
      return ASCII.isExactly(detail?.bytes ?? [], "TEST_ORDER_PLACED") ? .testOrdered : .ordered
    }
    if ASCII.isExactly(word, "alreadyOrdered") { return .alreadyOrdered }
    if ASCII.isExactly(word, "expired") { return .expired }
    if ASCII.isExactly(word, "inDoubt") { return .inDoubt }
    guard ASCII.isExactly(word, "void") else { throw AnswerFault("state", "is not a word that this firmware knows") }
    // Amazon refused it: what DRS itself would have been believed to say.
    return ASCII.isExactly(reason, "refused") || ASCII.isExactly(reason, "no-such-slot") ? .refused : .void
  }

  private static func isLinked(_ state: [UInt8], _ reason: [UInt8]) -> Bool? {
    if ASCII.isExactly(state, "ordered") || ASCII.isExactly(state, "alreadyOrdered") { return true }
    return ASCII.isExactly(reason, "not-linked") || ASCII.isExactly(reason, "unlinked") ? false : nil
  }

  /// The cloud's reasons, for a person. A later cloud's word is shown as it is.
  private static func text(_ reason: [UInt8]) -> String {
    if reason.isEmpty { return "" }
    if ASCII.isExactly(reason, "not-linked") { return Texts.cloudNotLinked }
    if ASCII.isExactly(reason, "before-link") { return Texts.pressedBeforeLink }
    if ASCII.isExactly(reason, "unlinked") { return Texts.linkEnded }
    if ASCII.isExactly(reason, "no-such-slot") { return Texts.noSuchSlot }
    if ASCII.isExactly(reason, "refused") { return Texts.amazonRefused }
    if ASCII.isExactly(reason, "too-old") { return Texts.expired }
    if ASCII.isExactly(reason, "age-unknown") { return Texts.ageUnknown }
    if ASCII.isExactly(reason, "no-answer") { return Texts.noAnswer }
    return ServiceText(reason).text
  }
}
