extension SlotStatus {
  /// The body of a slot status request: what is known, and nothing for what is not.
  func encoded() -> Secret {
    let object = JSONValue.object()
    if let expectedReplenishment { object.set("expectedReplenishmentDate", UTCDate.text(expectedReplenishment)) }
    if let remaining { SlotStatus.set(object, "remainingQuantityInUnit", remaining) }
    if let original { SlotStatus.set(object, "originalQuantityInUnit", original) }
    if let onHand { SlotStatus.set(object, "totalQuantityOnHand", onHand) }
    if let lastUse { object.set("lastUseDate", UTCDate.text(lastUse)) }
    return object.encoded()
  }

  /// A whole number goes out as an integer, which is what the service's page calls the field.
  private static func set(_ object: JSONValue, _ field: StaticString, _ quantity: Double) {
    if let whole = Int64(exactly: quantity) { object.set(field, whole) } else { object.set(field, quantity) }
  }
}
