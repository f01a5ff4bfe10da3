extension SlotSubscription {
  /// The slots in the answer to ``DashRequest/subscriptionInfo(_:)``, of either version, ordered by the bytes of their
  /// ids. Money hangs on it: `"true"` is not true, and one bad slot makes the whole answer malformed.
  public static func read(_ answer: HTTPAnswer) throws(DashError) -> [SlotSubscription] {
    try DashFailure.check(answer, namesSlot: false)
    do throws(AnswerFault) {
      let list = try AnswerReader.object(answer)["slotsSubscriptionStatus"]
      guard let list, let count = list.memberCount else {
        throw AnswerFault("slotsSubscriptionStatus", "is missing or not an object")
      }
      guard count <= AnswerReader.longestList else { throw AnswerFault("it names more than 256 slots") }
      var slots: [SlotSubscription] = []
      try list.forEachMember { (name, value) throws(AnswerFault) in
        let slot = try slot(named: name, value)
        slots.insert(slot, at: slots.firstIndex { slot.slot.precedes($0.slot) } ?? slots.endIndex)
      }
      return slots
    } catch {
      throw .malformed(error.text)
    }
  }

  private static func slot(named name: String, _ value: JSONValue) throws(AnswerFault) -> SlotSubscription {
    guard AnswerReader.isText(name.bytes, limit: 255) else {
      throw AnswerFault("slotsSubscriptionStatus", "has a slot whose id is empty, too long or not printable")
    }
    if let isSubscribed = value.bool {  // result version 1.0
      return SlotSubscription(slot: name, isSubscribed: isSubscribed, products: [])
    }
    guard let isSubscribed = value["subscribed"]?.bool else {
      throw AnswerFault("subscribed", "is missing in a slot or not true or false")
    }
    return SlotSubscription(
      slot: name, isSubscribed: isSubscribed, products: try SlotProduct.list(in: value, "productInfoList"))
  }
}

extension SlotProduct {
  /// The products in a member of a slot; none if it is absent.
  static func list(in slot: JSONValue, _ field: StaticString) throws(AnswerFault) -> [SlotProduct] {
    guard let list = slot[field], !list.isNull else { return [] }
    var products: [SlotProduct] = []
    for product in try AnswerReader.elements(slot, field) {
      products.append(
        SlotProduct(
          asin: try AnswerReader.word(product, "asin", limit: 64),
          quantity: try AnswerReader.quantity(product, "quantity"),
          unit: try AnswerReader.text(product, "unit", limit: 64)))
    }
    return products
  }
}
