import ReplenishCore

/// A ``Reply`` for people; nil where the reply is none to the command that was sent.
enum ReplyText {
  static func text(_ reply: Reply, to errand: Errand) -> String? {
    switch (errand.verb, reply) {
    case (.status, .status(let status)):
      return errand.asJSON
        ? String(decoding: status.encoded(), as: UTF8.self) + "\n" : StatusText.text(status)
    case (.press, .noted(let id)):
      return "noted as press \(id.text)\nreplenishctl status shows what becomes of it\n"
    case (.setup, .done):
      return "now a phone can link the device, or an owner claim it in the maker's cloud; see replenishctl status\n"
    case (.unlink, .done): return "unlinked: nothing is ordered any more; Amazon is told as soon as it can be reached\n"
    case (.renewKey, .done): return "the key is renewed, and the maker's cloud knows the device by it\n"
    case (.erase, .done): return "erased, or being erased: what has begun is finished even if the power goes\n"
    case (.identity, .identity(let identity)):
      return
        "model       \(identity.model.text)\nserial      \(identity.serial.text)\nfound in    \(identity.serialSource)\n"
    case (.slots, .slots(let slots)): return text(slots)
    case (.order, .order(let order)): return text(order)
    case (.cancelTestOrders, .cancelled(let slots)): return text(slots)
    // Commands that Amazon has nothing to answer to may end in a plain "done".
    case (.cancelTestOrders, .done): return "the test orders are cancelled\n"
    default: return nil
    }
  }

  private static func text(_ slots: [SlotSubscription]) -> String {
    guard !slots.isEmpty else { return "Amazon knows no slot of this device\n" }
    var text = ""
    for slot in slots {
      text += "\(slot.slot): \(slot.isSubscribed ? "subscribed" : "not subscribed")\n"
      for product in slot.products {
        text += "  \(product.asin), \(number(product.quantity)) \(product.unit)\n"
      }
    }
    return text
  }

  private static func text(_ order: OrderInfo) -> String {
    var text = "order \(order.instanceID)\n"
    if order.items.isEmpty { text += "  Amazon lists no items\n" }
    for item in order.items {
      text += "  \(item.asin) for \(item.slot), quantity \(number(item.quantity)): \(item.status.word)"
      text += item.expectedDelivery.map { ", expected \($0)\n" } ?? "\n"
    }
    return text
  }

  private static func text(_ slots: [CancelledSlot]) -> String {
    guard !slots.isEmpty else { return "there were no test orders to cancel\n" }
    var text = ""
    for slot in slots { text += "\(slot.slot): \(slot.status)\n" }
    return text
  }

  /// A quantity, without `.0` where it is whole.
  static func number(_ value: Double) -> String {
    guard let whole = Int64(exactly: value) else { return value.description }
    return "\(whole)"
  }
}
