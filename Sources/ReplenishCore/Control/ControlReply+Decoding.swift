extension ControlReply {
  /// The reply in a message, whatever a false daemon put there.
  public static func decode(_ message: [UInt8]) throws(Fault) -> Reply {
    guard message.count <= ControlProtocol.maximumLength else { throw .tooLong(message.count) }
    guard let object = try? JSONValue.parse(message), object.isObject else { throw .notJSON }
    let version = object["protocol"]?.integer ?? 0
    guard version == ControlProtocol.version else { throw .otherProtocol(version) }
    guard let word: Word = ControlText.word(object["reply"]) else { throw .malformed("reply") }
    switch word {
    case .done: return .done
    case .status:
      guard let status = object["status"] else { throw .malformed("status") }
      return .status(try DeviceStatus(json: status))
    case .noted:
      guard let id = PressID(text: object["press"]?.utf8 ?? []) else { throw .malformed("press") }
      return .noted(id)
    case .identity: return .identity(try identity(object))
    case .slots: return .slots(try list("slots", in: object, subscription))
    case .order:
      return .order(
        OrderInfo(instanceID: try text("instance-id", in: object), items: try list("items", in: object, item)))
    case .cancelled: return .cancelled(try list("slots", in: object, cancelled))
    case .refused:
      guard let code: Refusal.Code = ControlText.word(object["code"]) else { throw .malformed("code") }
      return .refused(Refusal(code, try text("text", in: object)))
    }
  }

  private static func identity(_ object: JSONValue) throws(Fault) -> DeviceIdentity {
    guard let model = try? ModelID(object["model"]?.string ?? "") else { throw .malformed("model") }
    guard let serial = try? SerialNumber(object["serial"]?.string ?? "") else { throw .malformed("serial") }
    return DeviceIdentity(model: model, serial: serial, serialSource: try text("serial-source", in: object))
  }

  private static func subscription(_ object: JSONValue) throws(Fault) -> SlotSubscription {
    guard let isSubscribed = object["subscribed"]?.bool else { throw .malformed("slots.subscribed") }
    return SlotSubscription(
      slot: try text("slot", in: object), isSubscribed: isSubscribed,
      products: try list("products", in: object, product))
  }

  private static func product(_ object: JSONValue) throws(Fault) -> SlotProduct {
    SlotProduct(
      asin: try text("asin", in: object), quantity: try quantity(in: object), unit: try text("unit", in: object))
  }

  private static func item(_ object: JSONValue) throws(Fault) -> OrderItem {
    let hasDate = object["expected-delivery"].map { !$0.isNull } ?? false
    return OrderItem(
      asin: try text("asin", in: object), slot: try text("slot", in: object), quantity: try quantity(in: object),
      status: OrderItem.Status(try text("status", in: object)),
      expectedDelivery: hasDate ? try text("expected-delivery", in: object) : nil)
  }

  private static func cancelled(_ object: JSONValue) throws(Fault) -> CancelledSlot {
    CancelledSlot(slot: try text("slot", in: object), status: try text("status", in: object))
  }

  private static func quantity(in object: JSONValue) throws(Fault) -> Double {
    guard let number = object["quantity"]?.number else { throw .malformed("quantity") }
    return number
  }

  private static func text(_ name: StaticString, in object: JSONValue) throws(Fault) -> String {
    guard let text = object[name]?.string else { throw .malformed("\(name)") }
    return ControlText.harmless(text)
  }

  private static func list<Element>(
    _ name: StaticString, in object: JSONValue, _ read: (JSONValue) throws(Fault) -> Element
  ) throws(Fault) -> [Element] {
    guard let elements = object[name]?.elements else { throw .malformed("\(name)") }
    var list: [Element] = []
    for element in elements { list.append(try read(element)) }
    return list
  }
}
