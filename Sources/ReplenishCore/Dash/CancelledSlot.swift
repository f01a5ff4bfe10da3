/// What became of the test orders of one slot (DRS cancel test orders).
public struct CancelledSlot: Equatable, Sendable {
  /// The slot's id.
  public let slot: String
  /// The service's word, `NO_ORDER_IN_PROGRESS` so far.
  public let status: String

  /// Makes a value.
  public init(slot: String, status: String) {
    self.slot = slot
    self.status = status
  }

  /// The slots in the answer to ``DashRequest/cancelTestOrders(slot:)`` or ``DashRequest/cancelAllTestOrders``.
  public static func read(_ answer: HTTPAnswer) throws(DashError) -> [CancelledSlot] {
    try DashFailure.check(answer, namesSlot: true)
    do throws(AnswerFault) {
      var slots: [CancelledSlot] = []
      for slot in try AnswerReader.elements(try AnswerReader.object(answer), "slotOrderStatuses") {
        slots.append(
          CancelledSlot(
            slot: try AnswerReader.text(slot, "slotId", limit: 255),
            status: try AnswerReader.word(slot, "orderStatus", limit: 64)))
      }
      return slots
    } catch {
      throw .malformed(error.text)
    }
  }
}
