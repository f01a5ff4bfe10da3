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
}
