extension OrderInfo {
  /// The order in the answer to ``DashRequest/orderInfo(instanceID:)``.
  public static func read(_ answer: HTTPAnswer) throws(DashError) -> OrderInfo {
    try DashFailure.check(answer, namesSlot: true)
    do throws(AnswerFault) {
      guard let data = try AnswerReader.object(answer)["orderInfoData"], data.isObject else {
        throw AnswerFault("orderInfoData", "is missing or not an object")
      }
      var items: [OrderItem] = []
      for item in try AnswerReader.elements(data, "orderItems") { items.append(try OrderItem.read(item)) }
      return OrderInfo(instanceID: try AnswerReader.text(data, "instanceId", limit: 255), items: items)
    } catch {
      throw .malformed(error.text)
    }
  }
}

extension OrderItem {
  static func read(_ object: JSONValue) throws(AnswerFault) -> OrderItem {
    OrderItem(
      asin: try AnswerReader.word(object, "asin", limit: 64),
      slot: try AnswerReader.text(object, "slotId", limit: 255),
      quantity: try AnswerReader.quantity(object, "quantity"),
      status: Status(try AnswerReader.word(object, "status", limit: 64)),
      expectedDelivery: try AnswerReader.optionalText(object, "expectedDeliveryDate", limit: 64))
  }
}

extension OrderItem.Status {
  /// The words of both generations. `Canceled` is the older spelling of `Cancelled`.
  private static var words: [(StaticString, OrderItem.Status)] {
    [
      ("Processing", .processing), ("Cancelled", .cancelled), ("Shipped", .shipped), ("Pending", .pending),
      ("Authorized", .authorized), ("Canceled", .cancelled), ("Closed", .closed), ("Unknown", .unknown),
    ]
  }

  init(_ word: String) {
    for (known, status) in OrderItem.Status.words where ASCII.isExactly(word.bytes, known) {
      self = status
      return
    }
    self = .other(word)
  }

  /// The word for a person and for programs: the service's newer spelling, or the word as it was sent.
  public var word: String {
    switch self {
    case .processing: return "Processing"
    case .cancelled: return "Cancelled"
    case .shipped: return "Shipped"
    case .pending: return "Pending"
    case .authorized: return "Authorized"
    case .closed: return "Closed"
    case .unknown: return "Unknown"
    case .other(let word): return word
    }
  }
}
