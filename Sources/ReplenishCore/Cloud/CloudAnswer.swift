/// Reads the answers of the maker's cloud, as strictly as those of Amazon's services.
enum CloudAnswer {
  /// Throws unless the answer is a success.
  static func check(_ answer: HTTPAnswer) throws(DashError) {
    switch answer.status {
    case 200...299: if AnswerReader.isPage(answer) { throw .malformed("the body is a web page") }
    case 408, 429, 500...599:
      throw .server(status: answer.status, retryAfter: RetryAfter.bounded(answer.retryAfter), requestID: nil)
    case 401, 403:
      throw .refused(status: answer.status, message: ServiceText(Texts.cloudKnowsNoSuchDevice), requestID: nil)
    case 404: throw .slotUnknown(requestID: nil)
    case 400...499:
      let word = word(answer)
      if ASCII.isExactly(word, "notLinked") { throw .notLinked }
      let message = ASCII.isExactly(word, "anotherPress") ? ServiceText(Texts.anotherPress) : ServiceText(word)
      throw .refused(status: answer.status, message: message, requestID: nil)
    default: throw .malformed(composed("the status is \(answer.status), neither success nor error"))
    }
  }

  /// Whether an account is linked (`GET /v1/device`, `POST /v1/presence`).
  static func isLinked(_ answer: HTTPAnswer) throws(DashError) -> Bool {
    try read(answer) { (object) throws(AnswerFault) in
      guard let isLinked = object["linked"]?.bool else {
        throw AnswerFault("linked", "is missing or not true or false")
      }
      return isLinked
    }
  }

  /// The slots (`GET /v1/slots`).
  static func slots(_ answer: HTTPAnswer) throws(DashError) -> [SlotSubscription] {
    try read(answer) { (object) throws(AnswerFault) in
      var slots: [SlotSubscription] = []
      for slot in try AnswerReader.elements(object, "slots") {
        guard let isSubscribed = slot["subscribed"]?.bool else {
          throw AnswerFault("subscribed", "is missing in a slot or not true or false")
        }
        slots.append(
          SlotSubscription(
            slot: try AnswerReader.text(slot, "slot", limit: 255), isSubscribed: isSubscribed,
            products: try SlotProduct.list(in: slot, "products")))
      }
      return slots
    }
  }

  /// The state of an order (`GET /v1/orders/ID`).
  static func order(_ answer: HTTPAnswer) throws(DashError) -> OrderInfo {
    try read(answer) { (object) throws(AnswerFault) in
      let item = OrderItem(
        asin: try AnswerReader.word(object, "asin", limit: 64), slot: try AnswerReader.text(object, "slot", limit: 255),
        quantity: try AnswerReader.quantity(object, "quantity"),
        status: OrderItem.Status(try AnswerReader.word(object, "status", limit: 64)),
        expectedDelivery: try AnswerReader.optionalText(object, "expectedDeliveryDate", limit: 64))
      return OrderInfo(instanceID: try AnswerReader.text(object, "eventInstanceId", limit: 255), items: [item])
    }
  }

  /// The slots whose test orders are no more (`DELETE /v1/testOrders`).
  static func cancelled(_ answer: HTTPAnswer) throws(DashError) -> [CancelledSlot] {
    try read(answer) { (object) throws(AnswerFault) in
      var slots: [CancelledSlot] = []
      for slot in try AnswerReader.elements(object, "slots") {
        guard let name = slot.utf8, AnswerReader.isText(name, limit: 255) else {
          throw AnswerFault("slots", "has an element that is no slot")
        }
        slots.append(CancelledSlot(slot: String(utf8: name), status: "NO_ORDER_IN_PROGRESS"))
      }
      return slots
    }
  }

  static func read<Value>(
    _ answer: HTTPAnswer, _ value: (JSONValue) throws(AnswerFault) -> Value
  ) throws(DashError) -> Value {
    try check(answer)
    do throws(AnswerFault) { return try value(try AnswerReader.object(answer)) } catch {
      throw .malformed(error.text)
    }
  }

  /// The word for a refusal, at best effort.
  private static func word(_ answer: HTTPAnswer) -> [UInt8] {
    (try? AnswerReader.object(answer))?["error"]?.utf8 ?? []
  }
}
