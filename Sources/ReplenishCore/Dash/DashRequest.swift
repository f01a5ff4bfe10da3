/// The operations of DRS, each of which is one request.
public indirect enum DashRequest: Equatable, Sendable {
  /// The two forms of the answer to ``DashRequest/subscriptionInfo(_:)``; ``SlotSubscription/read(_:)`` takes both.
  public enum SubscriptionInfoVersion: Equatable, Sendable {
    /// Only whether a slot is on.
    case v1
    /// Also the products chosen.
    case v2
  }

  /// Order for a slot now. An order that is open is not doubled: the answer says so.
  case replenish(slot: String)
  /// Tell how much is left; to be sent each time the slot's content is used.
  case slotStatus(slot: String, SlotStatus)
  /// Tell that the device lives; to be sent once a day. The time is in seconds since 1970.
  case deviceStatus(mostRecentlyActive: Int64)
  /// Ask which slots are subscribed.
  case subscriptionInfo(SubscriptionInfoVersion)
  /// Ask for the state of one order.
  case orderInfo(instanceID: String)
  /// End the registration of the device that the token belongs to; all its tokens die (version 2.0).
  case deregister
  /// End the registration of a device by name (version 1.0, older).
  case deregisterDevice(model: ModelID, serial: SerialNumber)
  /// Cancel the test orders of a slot.
  case cancelTestOrders(slot: String)
  /// Cancel the test orders of all slots.
  case cancelAllTestOrders

  /// The request for an operation.
  public func request(token: Secret, at endpoint: DashEndpoint) -> HTTPRequest {
    let types = self.types
    let body = self.body
    return HTTPRequest(
      method, composed("\(endpoint.base)\(path)"),
      headers: [
        HTTPRequest.Header("x-amzn-type-version", composed("\(DashRequest.typePrefix)\(types.input)")),
        HTTPRequest.Header("x-amzn-accept-type", composed("\(DashRequest.typePrefix)\(types.result)")),
      ],
      bearer: token, contentType: body == nil ? nil : "application/json", body: body)
  }

  /// Whether a slot's or an order's id can stand in a path: 1 to 255 bytes, no control character, and not `.` or `..`,
  /// which no encoding keeps from being taken for a folder. Ids from a configuration or a command are to be checked.
  public static func isAddressable(_ id: String) -> Bool {
    let bytes = id.bytes
    return AnswerReader.isText(bytes, limit: 255) && !bytes.allSatisfy { $0 == UInt8(ascii: ".") }
  }

  private static var typePrefix: StaticString { "com.amazon.dash.replenishment." }

  private var method: HTTPRequest.Method {
    switch self {
    case .replenish, .slotStatus, .deviceStatus: return .post
    case .subscriptionInfo, .orderInfo: return .get
    case .deregister, .deregisterDevice, .cancelTestOrders, .cancelAllTestOrders: return .delete
    }
  }

  private var path: Wording {
    switch self {
    case .replenish(let slot): return "/replenish/\(PercentEncoding.encode(slot))"
    case .slotStatus(let slot, _): return "/slotStatus/\(PercentEncoding.encode(slot))"
    case .deviceStatus: return "/deviceStatus"
    case .subscriptionInfo: return "/subscriptionInfo"
    case .orderInfo(let instanceID): return "/getOrderInfo/\(PercentEncoding.encode(instanceID))"
    case .deregister: return "/registration"
    case .deregisterDevice(let model, let serial):
      let names: (String, String) = (PercentEncoding.encode(model.text), PercentEncoding.encode(serial.text))
      return "/deviceModels/\(names.0)/devices/\(names.1)/registration"
    case .cancelTestOrders(let slot): return "/testOrders/slots/\(PercentEncoding.encode(slot))"
    case .cancelAllTestOrders: return "/testOrders"
    }
  }

  /// The schemas of the request and of the wanted answer, without ``typePrefix``.
  private var types: (input: StaticString, result: StaticString) {
    switch self {
    case .replenish: return ("DrsReplenishInput@1.0", "DrsReplenishResult@1.0")
    case .slotStatus: return ("DrsSlotStatusInput@1.0", "DrsSlotStatusResult@1.0")
    case .deviceStatus: return ("DrsDeviceStatusInput@1.0", "DrsDeviceStatusResult@1.0")
    case .subscriptionInfo(.v1): return ("DrsSubscriptionInfoInput@1.0", "DrsSubscriptionInfoResult@1.0")
    case .subscriptionInfo(.v2): return ("DrsSubscriptionInfoInput@1.0", "DrsSubscriptionInfoResult@2.0")
    case .orderInfo: return ("DrsOrderInfoInput@1.0", "DrsOrderInfoResult@1.0")
    case .deregister: return ("DrsDeregisterInput@2.0", "DrsDeregisterResult@1.0")
    case .deregisterDevice: return ("DrsDeregisterInput@1.0", "DrsDeregisterResult@1.0")
    case .cancelTestOrders, .cancelAllTestOrders:
      return ("DrsCancelTestOrdersInput@1.0", "DrsCancelTestOrdersResult@1.0")
    }
  }

  var body: Secret? {
    switch self {
    case .slotStatus(_, let status): return status.encoded()
    case .deviceStatus(let time):
      let object = JSONValue.object()
      object.set("mostRecentlyActiveDate", UTCDate.text(time))
      return object.encoded()
    default: return nil
    }
  }
}
