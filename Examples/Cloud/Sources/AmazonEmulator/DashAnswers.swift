import Foundation

/// The answer of replenish.
struct ReplenishResult: Encodable {
  var eventInstanceId: String
  var detailCode: String
}

/// One slot in the answer of subscriptionInfo, schema version 2.0.
struct Subscription: Encodable {
  struct Product: Encodable {
    var asin: String
    var quantity = 1
    var unit = "count"
  }

  var subscribed: Bool
  var productInfoList: [Product]
}

/// The answer of getOrderInfo.
struct OrderInfo: Encodable {
  struct Data: Encodable {
    var instanceId: String
    var orderItems: [Item]
  }

  struct Item: Encodable {
    var asin: String
    var expectedDeliveryDate: String?
    var quantity = 1
    var slotId: String
    var status: String

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(asin, forKey: .asin)
      try container.encode(expectedDeliveryDate, forKey: .expectedDeliveryDate)
      try container.encode(quantity, forKey: .quantity)
      try container.encode(slotId, forKey: .slotId)
      try container.encode(status, forKey: .status)
    }

    private enum CodingKeys: CodingKey { case asin, expectedDeliveryDate, quantity, slotId, status }
  }

  var orderInfoData: Data

  /// The newer generation of status words knows no "delivered": a parcel that arrived stays Shipped.
  init(_ order: Order, arrivesAt: Date) {
    let status =
      switch order.phase {
      case .processing: "Processing"
      case .shipped, .delivered: "Shipped"
      case .cancelled: "Cancelled"
      }
    let date =
      order.phase == .cancelled ? nil : arrivesAt.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    orderInfoData = Data(
      instanceId: order.eventInstanceId,
      orderItems: [Item(asin: order.asin, expectedDeliveryDate: date, slotId: order.slot, status: status)])
  }
}
