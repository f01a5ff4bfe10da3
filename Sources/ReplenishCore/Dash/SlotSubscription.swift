/// Whether a slot is subscribed, and to what (DRS subscriptionInfo).
public struct SlotSubscription: Equatable, Sendable {
  /// The slot's id.
  public let slot: String
  /// Whether a press of it can order.
  public let isSubscribed: Bool
  /// The products chosen for it; empty where the service names none, always so in result version 1.0.
  public let products: [SlotProduct]

  /// Makes a value.
  public init(slot: String, isSubscribed: Bool, products: [SlotProduct]) {
    self.slot = slot
    self.isSubscribed = isSubscribed
    self.products = products
  }
}

/// A product chosen for a slot.
public struct SlotProduct: Equatable, Sendable {
  /// Amazon's number of the product.
  public let asin: String
  /// How much of it one order brings, in ``unit``.
  public let quantity: Double
  /// The unit, `count` or `Count` so far.
  public let unit: String

  /// Makes a value.
  public init(asin: String, quantity: Double, unit: String) {
    self.asin = asin
    self.quantity = quantity
    self.unit = unit
  }
}
