extension ControlReply {
  /// The message for a reply; never longer than ``ControlProtocol/maximumLength``.
  ///
  /// A status that would be too long loses its oldest finished presses. Another reply that would be, is refused as
  /// ``Refusal/Code/malformedAnswer``.
  public static func encode(_ reply: Reply) -> [UInt8] {
    if case .status(let status) = reply { return encode(status) }
    let message = bytes(of: object(for: reply))
    return message.count <= ControlProtocol.maximumLength ? message : tooLong(message.count)
  }

  private static func encode(_ status: DeviceStatus) -> [UInt8] {
    var status = status
    // No report is shorter than this, so more of them cannot fit: the loop below then has little left to do.
    let shortestReport = 120
    dropOldest(of: &status, downTo: ControlProtocol.maximumLength / shortestReport)
    while true {
      let message = bytes(of: object(for: .status(status)))
      if message.count <= ControlProtocol.maximumLength { return message }
      guard !status.presses.isEmpty else { return tooLong(message.count) }
      dropOldest(of: &status, downTo: status.presses.count - 1)
    }
  }

  /// Drops the oldest finished presses, and open ones only when no other is left.
  private static func dropOldest(of status: inout DeviceStatus, downTo count: Int) {
    while status.presses.count > count {
      let oldest = status.presses.lastIndex { !$0.state.isOpen } ?? status.presses.count - 1
      status.presses.remove(at: oldest)
    }
  }

  private static func tooLong(_ count: Int) -> [UInt8] {
    let text = "the answer has \(count) bytes, more than the control socket carries"
    return bytes(of: object(for: .refused(Refusal(.malformedAnswer, text))))
  }

  private static func object(for reply: Reply) -> JSONValue {
    switch reply {
    case .done: return head(.done)
    case .status(let status):
      let object = head(.status)
      object.set("status", status.json)
      return object
    case .noted(let id):
      let object = head(.noted)
      object.set("press", id.text)
      return object
    case .identity(let identity):
      let object = head(.identity)
      object.set("model", identity.model.text)
      object.set("serial", identity.serial.text)
      object.set("serial-source", ControlText.harmless(identity.serialSource))
      return object
    case .slots(let slots): return list(slots.map(json), "slots", head(.slots))
    case .order(let order):
      let object = head(.order)
      object.set("instance-id", ControlText.harmless(order.instanceID))
      return list(order.items.map(json), "items", object)
    case .cancelled(let slots): return list(slots.map(json), "slots", head(.cancelled))
    case .refused(let refusal):
      let object = head(.refused)
      object.set("code", refusal.code.rawValue)
      object.set("text", ControlText.harmless(refusal.text))
      return object
    }
  }

  private static func json(_ slot: SlotSubscription) -> JSONValue {
    let object = JSONValue.object()
    object.set("slot", ControlText.harmless(slot.slot))
    object.set("subscribed", slot.isSubscribed)
    return list(slot.products.map(json), "products", object)
  }

  private static func json(_ product: SlotProduct) -> JSONValue {
    let object = JSONValue.object()
    object.set("asin", ControlText.harmless(product.asin))
    object.set("quantity", product.quantity)
    object.set("unit", ControlText.harmless(product.unit))
    return object
  }

  private static func json(_ item: OrderItem) -> JSONValue {
    let object = JSONValue.object()
    object.set("asin", ControlText.harmless(item.asin))
    object.set("slot", ControlText.harmless(item.slot))
    object.set("quantity", item.quantity)
    object.set("status", ControlText.harmless(item.status.word))
    if let date = item.expectedDelivery { object.set("expected-delivery", ControlText.harmless(date)) }
    return object
  }

  private static func json(_ slot: CancelledSlot) -> JSONValue {
    let object = JSONValue.object()
    object.set("slot", ControlText.harmless(slot.slot))
    object.set("status", ControlText.harmless(slot.status))
    return object
  }

  private static func list(_ elements: [JSONValue], _ name: StaticString, _ object: JSONValue) -> JSONValue {
    let array = JSONValue.array()
    for element in elements { array.append(element) }
    object.set(name, array)
    return object
  }

  private static func head(_ word: Word) -> JSONValue {
    let object = JSONValue.object()
    object.set("protocol", ControlProtocol.version)
    object.set("reply", word.rawValue)
    return object
  }

  private static func bytes(of object: JSONValue) -> [UInt8] { object.encoded().withBytes { Array($0) } }
}
