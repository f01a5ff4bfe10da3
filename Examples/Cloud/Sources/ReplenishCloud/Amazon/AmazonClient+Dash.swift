import BoundedHTTP
import Foundation
import NIOHTTP1
import TextEncodings

/// The replenishment service.
extension AmazonClient {
  /// What came of a call.
  enum DashOutcome<Value: Sendable>: Sendable {
    case value(Value)
    /// The access token is not good; nothing was done.
    case badToken
    /// Amazon refused for another reason; nothing was done.
    case refused(status: UInt, type: String)
    /// Nobody knows whether it was done.
    case unknown(String)
  }

  struct Replenished: Sendable {
    var detailCode: String
    var eventInstanceID: String?
  }

  func replenish(slot: String, access: String) async -> DashOutcome<Replenished> {
    await call(.POST, "/replenish/" + percentEncoded(slot), "Replenish", access: access, body: "") { members in
      guard let code = members["detailCode"] as? String else { return nil }
      return Replenished(
        detailCode: String(code.prefix(64)),
        eventInstanceID: (members["eventInstanceId"] as? String).map { String($0.prefix(255)) })
    }
  }

  func slotStatus(slot: String, body: String, access: String) async -> DashOutcome<Bool> {
    await call(.POST, "/slotStatus/" + percentEncoded(slot), "SlotStatus", access: access, body: body)
  }

  func deviceStatus(body: String, access: String) async -> DashOutcome<Bool> {
    await call(.POST, "/deviceStatus", "DeviceStatus", access: access, body: body)
  }

  func deregister(access: String) async -> DashOutcome<Bool> {
    await call(.DELETE, "/registration", "Deregister", input: "2.0", access: access)
  }

  func cancelTestOrders(slot: String?, access: String) async -> DashOutcome<[String]> {
    let path = slot.map { "/testOrders/slots/" + percentEncoded($0) } ?? "/testOrders"
    return await call(.DELETE, path, "CancelTestOrders", access: access) { members in
      (members["slotOrderStatuses"] as? [[String: Any]])?.compactMap { $0["slotId"] as? String }
    }
  }

  func slots(access: String) async -> DashOutcome<[SlotRecord]> {
    await call(.GET, "/subscriptionInfo", "SubscriptionInfo", result: "2.0", access: access) { members in
      guard let slots = members["slotsSubscriptionStatus"] as? [String: Any], slots.count <= 100 else { return nil }
      return slots.sorted { $0.key < $1.key }.map { name, value in
        // Schema 1.0 has a plain truth value here.
        let described = value as? [String: Any]
        let products = (described?["productInfoList"] as? [[String: Any]] ?? []).prefix(100).compactMap { product in
          (product["asin"] as? String).map {
            SlotRecord.Product(
              asin: $0, quantity: (product["quantity"] as? NSNumber)?.doubleValue, unit: product["unit"] as? String)
          }
        }
        return SlotRecord(
          slot: name, subscribed: (described?["subscribed"] ?? value) as? Bool ?? false, products: products)
      }
    }
  }

  /// The state of an order's item for this slot.
  func orderStatus(_ eventInstanceID: String, slot: String, access: String) async -> DashOutcome<OrderState> {
    let path = "/getOrderInfo/" + percentEncoded(eventInstanceID)
    return await call(.GET, path, "OrderInfo", access: access) { members in
      let items = (members["orderInfoData"] as? [String: Any])?["orderItems"] as? [[String: Any]] ?? []
      guard let item = items.first(where: { $0["slotId"] as? String == slot }) ?? items.first,
        let status = item["status"] as? String, let asin = item["asin"] as? String,
        let quantity = item["quantity"] as? NSNumber
      else { return nil }
      return OrderState(
        asin: asin, quantity: quantity.doubleValue, status: String(status.prefix(64)),
        expected: item["expectedDeliveryDate"] as? String)
    }
  }

  struct OrderState: Sendable {
    var asin: String
    var quantity: Double
    var status: String
    var expected: String?
  }

  /// A call whose answer has no body.
  private func call(
    _ method: HTTPMethod, _ path: String, _ name: String, input: String = "1.0", access: String, body: String? = nil
  ) async -> DashOutcome<Bool> {
    switch await exchange(method, path, name, input: input, result: "1.0", access: access, body: body) {
    case .value: .value(true)
    case .badToken: .badToken
    case .refused(let status, let type): .refused(status: status, type: type)
    case .unknown(let reason): .unknown(reason)
    }
  }

  /// A call whose answer has members.
  private func call<Value: Sendable>(
    _ method: HTTPMethod, _ path: String, _ name: String, result: String = "1.0", access: String,
    body: String? = nil, read: ([String: Any]) -> Value?
  ) async -> DashOutcome<Value> {
    switch await exchange(method, path, name, input: "1.0", result: result, access: access, body: body) {
    case .value(let data):
      guard let members = try? JSONSerialization.jsonObject(with: data) as? [String: Any], let value = read(members)
      else { return .unknown("the answer to \(name) is not what the documents say") }
      return .value(value)
    case .badToken: return .badToken
    case .refused(let status, let type): return .refused(status: status, type: type)
    case .unknown(let reason): return .unknown(reason)
    }
  }

  private func exchange(
    _ method: HTTPMethod, _ path: String, _ name: String, input: String, result: String, access: String, body: String?
  ) async -> DashOutcome<Data> {
    let prefix = "com.amazon.dash.replenishment.Drs"
    var headers: HTTPHeaders = [
      "Authorization": "Bearer \(access)", "x-amzn-type-version": "\(prefix)\(name)Input@\(input)",
      "x-amzn-accept-type": "\(prefix)\(name)Result@\(result)",
    ]
    if body?.isEmpty == false { headers.add(name: "Content-Type", value: "application/json") }
    switch await send(method, configuration.service + path, headers: headers, body: body) {
    case .none(let reason): return .unknown("no answer to \(name): \(reason)")
    case .answer(let status, let type, let body):
      switch status {
      case 200: return .value(body)
      // An expired token is 400 here and not 401; see the documents' samples.
      case 400 where type == "InvalidTokenException" || Self.message(body) == "Invalid token": return .badToken
      case 400..<500 where status != 408 && status != 429: return .refused(status: status, type: type)
      default: return .unknown("\(name) was answered \(status)")
      }
    }
  }

  private static func message(_ body: Data) -> String? {
    ((try? JSONSerialization.jsonObject(with: body)) as? [String: Any])?["message"] as? String
  }
}
