import Foundation

/// The messages that DRS sends to the maker, in both of its schemas.
enum NotificationBody {
  enum Kind: String, Codable, Sendable, CaseIterable {
    case deviceRegistered = "DeviceRegisteredNotification"
    case subscriptionChanged = "SubscriptionChangedNotification"
    case orderPlaced = "OrderPlacedNotification"
    case itemShipped = "ItemShippedNotification"
    case orderCancelled = "OrderCancelledNotification"
    case deviceDeregistered = "DeviceDeregisteredNotification"

    var isAboutOrder: Bool { self == .orderPlaced || self == .itemShipped || self == .orderCancelled }
  }

  /// What a message is about.
  struct Subject: Sendable {
    var clientID: String
    var model: String
    var serial: String
    var customerID: String
    var slots: [EmulatorConfiguration.Slot]
    var order: Order?
  }

  /// The text of a message.
  static func text(_ kind: Kind, version: Int, _ subject: Subject, at time: Date) throws -> String {
    var body: [String: Any] = [
      "notificationInfo": [
        "notificationType": kind.rawValue, "lwaClientId": subject.clientID, "notificationTime": iso(time),
        "notificationId": "amzn1.dash.notification.v1." + UUID().uuidString.lowercased(), "version": "2015-06-05",
      ],
      "deviceInfo": [
        "deviceIdentifier": ["serialNumber": subject.serial], "productIdentifier": ["modelId": subject.model],
      ],
      "customerInfo": ["directedCustomerId": subject.customerID],
    ]
    if kind == .subscriptionChanged {
      let slots = subject.slots.map { ($0.id, version == 1 ? $0.asin != nil : described($0) as Any) }
      body["subscriptionInfo"] = ["slotsSubscriptionStatus": Dictionary(slots) { $1 }]
    }
    if kind.isAboutOrder, let order = subject.order {
      var info: [String: Any] = ["instanceId": order.eventInstanceId, "slotId": order.slot]
      if kind != .orderCancelled {
        let arrival = iso(order.placedAt + 3 * 86_400)
        var product: [String: Any] = ["quantity": 1.0, "unit": "Count"]
        if version == 1 {
          info["estimatedDeliveryDate"] = arrival
        } else {
          product["asin"] = order.asin
          product["estimatedDeliveryDate"] = arrival
        }
        info["productInfo"] = [product]
      }
      body["orderInfo"] = info
    }
    let data = try JSONSerialization.data(withJSONObject: body, options: [.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self)
  }

  private static func described(_ slot: EmulatorConfiguration.Slot) -> [String: Any] {
    let products = slot.asin.map { [["asin": $0, "quantity": 1.0, "unit": "Count"] as [String: Any]] } ?? []
    return ["subscribed": slot.asin != nil, "productInfoList": products]
  }

  /// A moment as DRS and SNS write it: `2027-01-15T08:00:00.000Z`.
  static func iso(_ date: Date) -> String { date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}
