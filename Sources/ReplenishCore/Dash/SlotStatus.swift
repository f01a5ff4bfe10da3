/// How much is left in a slot, as the device tells DRS. What is not known is nil and is not sent.
///
/// The service's page calls the quantities integers and shows 3.5: fractions are allowed, whole numbers go out as such.
public struct SlotStatus: Equatable, Sendable {
  /// What is loaded and unused, in units of the product (`remainingQuantityInUnit`).
  public let remaining: Double?
  /// What a full container holds, in units (`originalQuantityInUnit`).
  public let original: Double?
  /// The stock not loaded, in units (`totalQuantityOnHand`).
  public let onHand: Double?
  /// When it was last used, in seconds since 1970 (`lastUseDate`).
  public let lastUse: Int64?
  /// When it will run out, in seconds since 1970 (`expectedReplenishmentDate`).
  public let expectedReplenishment: Int64?

  /// The largest quantity that is sent; whole numbers up to it are exact.
  public static var largestQuantity: Double { 1_000_000_000 }

  /// What was wrong with a value.
  public enum Fault: Error, Equatable {
    /// A quantity is negative, larger than ``SlotStatus/largestQuantity`` or not a number.
    case quantity(field: String)
    /// A time is outside the years 1970 to 9999.
    case time(field: String)

    /// What was wrong and what is allowed, in a sentence.
    public var explanation: String {
      switch self {
      case .quantity(let field): return composed("\(field) must be a number from 0 to 1000000000")
      case .time(let field): return composed("\(field) must be a time in the years 1970 to 9999")
      }
    }
  }

  /// Checks the values.
  public init(
    remaining: Double? = nil, original: Double? = nil, onHand: Double? = nil, lastUse: Int64? = nil,
    expectedReplenishment: Int64? = nil
  ) throws(Fault) {
    try SlotStatus.check(quantity: remaining, "remainingQuantityInUnit")
    try SlotStatus.check(quantity: original, "originalQuantityInUnit")
    try SlotStatus.check(quantity: onHand, "totalQuantityOnHand")
    try SlotStatus.check(time: lastUse, "lastUseDate")
    try SlotStatus.check(time: expectedReplenishment, "expectedReplenishmentDate")
    self.remaining = remaining
    self.original = original
    self.onHand = onHand
    self.lastUse = lastUse
    self.expectedReplenishment = expectedReplenishment
  }

  private static func check(quantity: Double?, _ field: String) throws(Fault) {
    guard let quantity else { return }
    guard quantity >= 0 && quantity <= largestQuantity else { throw .quantity(field: field) }  // false for NaN too
  }

  private static func check(time: Int64?, _ field: String) throws(Fault) {
    guard let time else { return }
    guard time >= 0 && time <= UTCDate.latest else { throw .time(field: field) }
  }
}
