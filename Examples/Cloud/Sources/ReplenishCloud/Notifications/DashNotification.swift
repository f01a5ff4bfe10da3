import Foundation

/// What the replenishment service tells the maker; fields that are not needed are not looked at.
struct DashNotification: Sendable, Equatable {
  enum Kind: String, Sendable, CaseIterable {
    case deviceRegistered = "DeviceRegisteredNotification"
    case subscriptionChanged = "SubscriptionChangedNotification"
    case orderPlaced = "OrderPlacedNotification"
    case itemShipped = "ItemShippedNotification"
    case orderCancelled = "OrderCancelledNotification"
    case deviceDeregistered = "DeviceDeregisteredNotification"

    /// The word that the service has for the state of such an order; nil when it is not about one.
    var orderStatus: String? {
      switch self {
      case .orderPlaced: "Processing"
      case .itemShipped: "Shipped"
      case .orderCancelled: "Cancelled"
      case .deviceRegistered, .subscriptionChanged, .deviceDeregistered: nil
      }
    }
  }

  /// The two schemas. Only a message attribute names them, which is not signed, so the body's own shape counts.
  enum Version: Int, Sendable {
    case v1 = 1
    case v2 = 2
  }

  /// As it is written.
  var type: String
  /// Nil for a type that is not known here.
  var kind: Kind?
  /// Nil where both schemas look alike.
  var version: Version?
  var clientID: String?
  var time: Date?
  /// Nil in a sample of the documents, which has another key in its place.
  var model: String?
  var serial: String?
  /// Amazon's number of the order.
  var instanceID: String?

  /// Reads a message; nil when it names no type.
  init?(_ message: String) {
    let decoder = JSONDecoder()
    // A sample of the documents has a comma too many.
    decoder.allowsJSON5 = true
    guard let body = try? decoder.decode(Body.self, from: Data(message.utf8)) else { return nil }
    type = body.notificationInfo.notificationType
    kind = Kind(rawValue: type)
    clientID = body.notificationInfo.lwaClientId
    time = body.notificationInfo.notificationTime.flatMap { Date(amazon: $0) }
    model = body.deviceInfo?.productIdentifier?.modelId
    serial = body.deviceInfo?.deviceIdentifier?.serialNumber
    instanceID = body.orderInfo?.instanceId
    version = body.version
  }

  private struct Body: Decodable {
    struct Notification: Decodable {
      var notificationType: String
      var lwaClientId: String?
      var notificationTime: String?
    }
    struct Device: Decodable {
      struct Identifier: Decodable { var serialNumber: String? }
      struct Product: Decodable { var modelId: String? }
      var deviceIdentifier: Identifier?
      var productIdentifier: Product?
    }
    struct Order: Decodable {
      struct Product: Decodable { var asin: String? }
      var instanceId: String?
      var productInfo: [Product]?
    }
    struct Subscription: Decodable { var slotsSubscriptionStatus: [String: Slot]? }
    struct Slot: Decodable {
      var version: Version

      init(from decoder: any Decoder) throws {
        version = (try? decoder.singleValueContainer().decode(Bool.self)) == nil ? .v2 : .v1
      }
    }

    var notificationInfo: Notification
    var deviceInfo: Device?
    var orderInfo: Order?
    var subscriptionInfo: Subscription?

    var version: Version? {
      if let slot = subscriptionInfo?.slotsSubscriptionStatus?.values.first { return slot.version }
      guard let products = orderInfo?.productInfo, !products.isEmpty else { return nil }
      return products.contains { $0.asin != nil } ? .v2 : .v1
    }
  }
}
