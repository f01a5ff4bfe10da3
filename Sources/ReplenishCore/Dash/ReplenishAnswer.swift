/// What DRS said to a replenish request. "Accepted" is not "bought": see ``Detail``.
public struct ReplenishAnswer: Equatable, Sendable {
  /// What became of the request (`detailCode`).
  public enum Detail: Equatable, Sendable {
    /// `STANDARD_ORDER_PLACED`: accepted, a real order follows. Amazon may still cancel it later.
    case standardOrderPlaced
    /// `TEST_ORDER_PLACED`: accepted for a test device; nothing is charged or shipped.
    case testOrderPlaced
    /// `ORDER_INPROGRESS`: nothing placed, because an order for the slot is open until it is delivered.
    case orderInProgress
    /// A code this version does not know; whether something was ordered is not known. At most 64 bytes of
    /// visible ASCII.
    case other(String)
  }

  /// The id of the order, for ``DashRequest/orderInfo(instanceID:)``; 1 to 255 bytes without control characters.
  public let eventInstanceID: String?
  /// What became of the request.
  public let detail: Detail

  /// Makes an answer.
  public init(eventInstanceID: String?, detail: Detail) {
    self.eventInstanceID = eventInstanceID
    self.detail = detail
  }

  /// The answer to ``DashRequest/replenish(slot:)``.
  public static func read(_ answer: HTTPAnswer) throws(DashError) -> ReplenishAnswer {
    try DashFailure.check(answer, namesSlot: true)
    do throws(AnswerFault) {
      let object = try AnswerReader.object(answer)
      let code = try AnswerReader.word(object, "detailCode", limit: 64)
      let id = try AnswerReader.optionalText(object, "eventInstanceId", limit: 255)
      return ReplenishAnswer(eventInstanceID: id, detail: Detail(code))
    } catch {
      throw .malformed(error.text)
    }
  }
}

extension ReplenishAnswer.Detail {
  /// The case of a code, which is compared byte by byte: only the documented spelling counts.
  init(_ code: String) {
    if ASCII.isExactly(code.bytes, "STANDARD_ORDER_PLACED") {
      self = .standardOrderPlaced
    } else if ASCII.isExactly(code.bytes, "TEST_ORDER_PLACED") {
      self = .testOrderPlaced
    } else if ASCII.isExactly(code.bytes, "ORDER_INPROGRESS") {
      self = .orderInProgress
    } else {
      self = .other(code)
    }
  }
}
