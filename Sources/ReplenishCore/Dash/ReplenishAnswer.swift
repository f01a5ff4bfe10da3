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
    /// A code this version does not know; whether something was ordered is not known.
    case other(ServiceText)
  }

  /// The id of the order, for ``DashRequest/orderInfo(instanceID:)``; 1 to 255 visible ASCII characters.
  public let eventInstanceID: String?
  /// What became of the request.
  public let detail: Detail

  /// Makes an answer.
  public init(eventInstanceID: String?, detail: Detail) {
    self.eventInstanceID = eventInstanceID
    self.detail = detail
  }
}
