import Foundation
import Testing

@testable import ReplenishCore

/// DRS against the typed data of `Tests/Vectors/drs-*.json`.
@Suite struct DashVectorTests {
  /// The operations by the names the vectors give them.
  enum Operation: String, CaseIterable {
    case replenish, slotStatus, deviceStatus, subscriptionInfo, orderInfo, deregister, cancelTestOrders
  }

  /// Which file describes which operation.
  static let files: [String: Operation] = [
    "drs-replenish": .replenish, "drs-slot-status": .slotStatus, "drs-device-status": .deviceStatus,
    "drs-subscription-info": .subscriptionInfo, "drs-order-info": .orderInfo, "drs-deregister": .deregister,
    "drs-cancel-test-orders": .cancelTestOrders,
  ]

  /// The errors that all operations share.
  static let errors = "drs-errors"

  @Test func everyFileIsRead() throws {
    #expect(try VectorFile.names(prefix: "drs-") == Set(DashVectorTests.files.keys).union([DashVectorTests.errors]))
  }

  @Test(arguments: files.keys.sorted() + [errors]) func vectorsOf(file: String) throws {
    let operation = DashVectorTests.files[file]
    for vector in try VectorFile.load(file) {
      switch vector.kind {
      case .request: try checkRequest(vector, try #require(operation))
      case .response: try checkResponse(vector, operation)
      default: Issue.record("\(file): \(vector.name) has a kind that DRS has not")
      }
    }
  }

  // MARK: Requests

  private func checkRequest(_ vector: Vector, _ operation: Operation) throws {
    let token = try vector.input("accessToken")
    let endpoint = DashEndpoint(try ServiceURL(try vector.input("baseURL")))
    let made = try dashRequest(vector, operation).request(token: Secret(copying: token), at: endpoint)
    let expected = try vector.member(\.request)

    #expect(TestJSON.string("\(made.method)".uppercased()) == expected["method"], "\(vector.name)")
    #expect(TestJSON.string(made.url) == .string(endpoint.base + (expected["path"]?.string ?? "")), "\(vector.name)")
    var headers: [String: TestJSON] = [:]
    for header in made.headers { headers[header.name.lowercased()] = .string(header.value) }
    headers["authorization"] = .text(made.bearer.map { "Bearer " + $0.shownForTest })
    for (name, value) in try #require(expected["headers"]?.object) {
      #expect(headers[name.lowercased()] == value, "\(vector.name): \(name)")
    }
    #expect(TestJSON.text(made.contentType) == expected["contentType"], "\(vector.name)")
    let text = made.body?.shownForTest
    let body: TestJSON = if let text { try TestJSON.parse(text) } else { .null }
    #expect(body == expected["body"], "\(vector.name)")
    for (name, literal) in expected["literals"]?.object ?? [:] {
      let field = "\"\(name)\":\(try #require(literal.string))"
      #expect(text?.contains(field + ",") == true || text?.contains(field + "}") == true, "\(vector.name): \(name)")
    }
  }

  private func dashRequest(_ vector: Vector, _ operation: Operation) throws -> DashRequest {
    func seconds(_ key: String) throws -> Int64? { try vector.number(key).map { Int64($0) } }
    switch operation {
    case .replenish: return .replenish(slot: try vector.input("slotId"))
    case .slotStatus:
      let status = try SlotStatus(
        remaining: vector.number("remaining"), original: vector.number("original"), onHand: vector.number("onHand"),
        lastUse: seconds("lastUseSeconds"), expectedReplenishment: seconds("expectedReplenishmentSeconds"))
      return .slotStatus(slot: try vector.input("slotId"), status)
    case .deviceStatus:
      let time = try seconds("mostRecentlyActiveSeconds")
      return .deviceStatus(mostRecentlyActive: try #require(time))
    case .subscriptionInfo:
      switch try vector.input("resultVersion") {
      case "1.0": return .subscriptionInfo(.v1)
      case "2.0": return .subscriptionInfo(.v2)
      default: throw Vector.Missing(vector: vector.name, member: "a known resultVersion")
      }
    case .orderInfo: return .orderInfo(instanceID: try vector.input("eventInstanceId"))
    case .deregister:
      switch try vector.input("inputVersion") {
      case "1.0":
        return .deregisterDevice(
          model: try ModelID(try vector.input("model")), serial: try SerialNumber(try vector.input("serial")))
      case "2.0": return .deregister
      default: throw Vector.Missing(vector: vector.name, member: "a known inputVersion")
      }
    case .cancelTestOrders:
      if vector.inputs?["slotId"] == .null { return .cancelAllTestOrders }
      return .cancelTestOrders(slot: try vector.input("slotId"))
    }
  }

  // MARK: Answers

  private func checkResponse(_ vector: Vector, _ operation: Operation?) throws {
    let names = try vector.operations ?? [#require(operation?.rawValue)]
    let operations = names == ["any"] ? Operation.allCases : try names.map { try #require(Operation(rawValue: $0)) }
    for operation in operations {
      let outcome = outcome(of: try vector.answer(), to: operation)
      // The device keeps no status or message of an error that its kind says all about.
      var dropped: Set<String> = []
      if outcome.word == "invalidToken" || outcome.word == "slotUnknown" { dropped = ["status", "message"] }
      try outcome.check(vector, dropped: dropped, respelled: ["Canceled": "Cancelled"])
    }
  }

  private func outcome(of answer: HTTPAnswer, to operation: Operation) -> Outcome {
    do throws(DashError) {
      switch operation {
      case .replenish: return ordered(try ReplenishAnswer.read(answer))
      case .slotStatus, .deviceStatus:
        let named: DashRequest = .replenish(slot: "a")  // as slotStatus, a request that names a slot
        try DashAcknowledgement.read(
          answer, to: operation == .slotStatus ? named : .deviceStatus(mostRecentlyActive: 0))
        return Outcome("accepted")
      case .deregister:
        try DashAcknowledgement.read(answer, to: .deregister)
        return Outcome("deregistered")
      case .subscriptionInfo: return subscriptions(try SlotSubscription.read(answer))
      case .orderInfo: return order(try OrderInfo.read(answer))
      case .cancelTestOrders:
        let slots = try CancelledSlot.read(answer)
        return Outcome(
          "cancelled",
          ["slots": .array(slots.map { .object(["slotId": .string($0.slot), "orderStatus": .string($0.status)]) })])
      }
    } catch {
      return Outcome(error)
    }
  }

  private func ordered(_ answer: ReplenishAnswer) -> Outcome {
    let (word, code): (String, String)
    switch answer.detail {
    case .standardOrderPlaced: (word, code) = ("ordered", "STANDARD_ORDER_PLACED")
    case .testOrderPlaced: (word, code) = ("testOrdered", "TEST_ORDER_PLACED")
    case .orderInProgress: (word, code) = ("alreadyOrdered", "ORDER_INPROGRESS")
    case .other(let other): (word, code) = ("unknownDetail", other)
    }
    return Outcome(word, ["detailCode": .string(code), "eventInstanceId": .text(answer.eventInstanceID)])
  }

  private func subscriptions(_ slots: [SlotSubscription]) -> Outcome {
    Outcome(
      "subscriptions",
      [
        "slots": .array(
          slots.map { slot in
            .object([
              "slotId": .string(slot.slot), "subscribed": .bool(slot.isSubscribed),
              "products": .array(
                slot.products.map {
                  .object(["asin": .string($0.asin), "quantity": .number($0.quantity), "unit": .string($0.unit)])
                }),
            ])
          })
      ])
  }

  private func order(_ order: OrderInfo) -> Outcome {
    let items = order.items.map { item in
      TestJSON.object([
        "asin": .string(item.asin), "slotId": .string(item.slot), "quantity": .number(item.quantity),
        "status": .string(item.status.word), "expectedDeliveryDate": .text(item.expectedDelivery),
      ])
    }
    return Outcome("order", ["instanceId": .string(order.instanceID), "items": .array(items)])
  }
}
