/// The state of one order (DRS getOrderInfo).
public struct OrderInfo: Equatable, Sendable {
  /// The order's id.
  public let instanceID: String
  /// Its items, as the service lists them.
  public let items: [OrderItem]

  /// Makes a value.
  public init(instanceID: String, items: [OrderItem]) {
    self.instanceID = instanceID
    self.items = items
  }
}

/// One item of an order.
public struct OrderItem: Equatable, Sendable {
  /// What the service says of an item. The words changed over the years; both generations are known.
  public enum Status: Equatable, Sendable {
    /// `Processing`; with no expected delivery, Amazon is still sorting out a problem with address, payment or stock.
    case processing
    /// `Cancelled`, formerly `Canceled`.
    case cancelled
    /// `Shipped`.
    case shipped
    /// `Pending` (older).
    case pending
    /// `Authorized` (older).
    case authorized
    /// `Closed` (older).
    case closed
    /// `Unknown` (older), the service's own word.
    case unknown
    /// A word this version does not know; at most 64 bytes of visible ASCII.
    case other(String)
  }

  /// Amazon's number of the product.
  public let asin: String
  /// The slot's id.
  public let slot: String
  /// How much was ordered.
  public let quantity: Double
  /// What becomes of it.
  public let status: Status
  /// When it is expected, as the service writes it (ISO 8601; ``UTCDate/parse(_:)``); nil if it does not say.
  public let expectedDelivery: String?

  /// Makes a value.
  public init(asin: String, slot: String, quantity: Double, status: Status, expectedDelivery: String?) {
    self.asin = asin
    self.slot = slot
    self.quantity = quantity
    self.status = status
    self.expectedDelivery = expectedDelivery
  }
}
