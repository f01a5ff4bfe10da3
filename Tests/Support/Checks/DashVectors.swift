import ReplenishCore

/// DRS against the typed data of `Tests/Vectors/drs-*.json`.
package struct DashVectors {
  /// The operations by the names the vectors give them.
  private enum Operation: String, CaseIterable {
    case replenish, slotStatus, deviceStatus, subscriptionInfo, orderInfo, deregister, cancelTestOrders
  }

  /// Which file describes which operation; the errors are what all operations share.
  private static let files: [(name: String, operation: Operation?)] = [
    ("drs-replenish", .replenish), ("drs-slot-status", .slotStatus), ("drs-device-status", .deviceStatus),
    ("drs-subscription-info", .subscriptionInfo), ("drs-order-info", .orderInfo), ("drs-deregister", .deregister),
    ("drs-cancel-test-orders", .cancelTestOrders), ("drs-errors", nil),
  ]

  private let folder: VectorFolder

  /// Every vector, one check each.
  package static func checks(_ folder: VectorFolder) -> [Check] {
    let vectors = DashVectors(folder: folder)
    var checks = [folder.holdsExactly(prefix: "drs-", files.map { $0.name })]
    for (name, operation) in files {
      checks += folder.checks(of: name) { (vector, findings) throws(VectorFault) in
        switch try vector.kind {
        case .request: try vectors.checkRequest(vector, operation, findings)
        case .response: try vectors.checkResponse(vector, operation, findings)
        default: throw VectorFault("it has a kind that DRS has not")
        }
      }
    }
    return checks
  }

  // MARK: Requests

  private func checkRequest(_ vector: Vector, _ operation: Operation?, _ findings: Findings) throws(VectorFault) {
    guard let operation else { throw VectorFault("a request that belongs to no operation") }
    let endpoint = DashEndpoint(try Vector.address(vector.baseURL))
    let token = Secret(copying: try vector.input("accessToken"))
    let made = try dashRequest(vector, operation).request(token: token, at: endpoint)
    let expected = try Vector(vector.member("request"), in: vector.file)

    findings.expect(try made.method.name == expected.text("method"), "another method")
    findings.expect(try made.url == endpoint.base + expected.text("path"), "another address: \(made.url)")
    var headers: [String: TestJSON] = [:]
    for header in made.headers { headers[lowercased(header.name)] = .string(header.value) }
    headers["authorization"] = .text(made.bearer.map { "Bearer " + $0.shownForTest })
    for (name, value) in try expected.object("headers") {
      findings.expect(headers[lowercased(name)] == value, "another header \(name)")
    }
    findings.expect(try TestJSON.text(made.contentType) == expected.member("contentType"), "another content type")
    let text = made.body?.shownForTest
    let body: TestJSON = if let text { try folder.made(text, "the body") } else { .null }
    findings.expect(try body == expected.member("body"), "another body: \(text ?? "none")")
    for (name, literal) in expected["literals"]?.object ?? [:] {
      let field = "\"\(name)\":\(literal.string ?? "no literal")"
      let isSpelled = WireText.contains(text ?? "", field + ",") || WireText.contains(text ?? "", field + "}")
      findings.expect(isSpelled, "\(name) is spelled in another way")
    }
  }

  private func lowercased(_ name: String) -> String {
    String(decoding: WireText.lowercase(Array(name.utf8)), as: UTF8.self)
  }

  private func dashRequest(_ vector: Vector, _ operation: Operation) throws(VectorFault) -> DashRequest {
    switch operation {
    case .replenish: return .replenish(slot: try vector.input("slotId"))
    case .slotStatus: return .slotStatus(slot: try vector.input("slotId"), try slotStatus(vector))
    case .deviceStatus:
      guard let time = try vector.seconds("mostRecentlyActiveSeconds") else { throw VectorFault("it has no time") }
      return .deviceStatus(mostRecentlyActive: time)
    case .subscriptionInfo:
      switch try vector.input("resultVersion") {
      case "1.0": return .subscriptionInfo(.v1)
      case "2.0": return .subscriptionInfo(.v2)
      default: throw VectorFault("it has no known resultVersion")
      }
    case .orderInfo: return .orderInfo(instanceID: try vector.input("eventInstanceId"))
    case .deregister:
      switch try vector.input("inputVersion") {
      case "1.0": return .deregisterDevice(model: try vector.model, serial: try vector.serial)
      case "2.0": return .deregister
      default: throw VectorFault("it has no known inputVersion")
      }
    case .cancelTestOrders:
      if vector.given("slotId") == .null { return .cancelAllTestOrders }
      return .cancelTestOrders(slot: try vector.input("slotId"))
    }
  }

  private func slotStatus(_ vector: Vector) throws(VectorFault) -> SlotStatus {
    let remaining = try vector.number("remaining")
    let original = try vector.number("original")
    let onHand = try vector.number("onHand")
    let lastUse = try vector.seconds("lastUseSeconds")
    let expected = try vector.seconds("expectedReplenishmentSeconds")
    do throws(SlotStatus.Fault) {
      return try SlotStatus(
        remaining: remaining, original: original, onHand: onHand, lastUse: lastUse, expectedReplenishment: expected)
    } catch { throw VectorFault(error.explanation) }
  }

  // MARK: Answers

  private func checkResponse(_ vector: Vector, _ operation: Operation?, _ findings: Findings) throws(VectorFault) {
    var operations: [Operation] = []
    let names = vector["operations"]?.strings ?? []
    if names == ["any"] {
      operations = Operation.allCases
    } else if names.isEmpty, let operation {
      operations = [operation]
    }
    if operations.isEmpty {
      for name in names {
        guard let operation = Operation(rawValue: name) else { throw VectorFault("there is no operation \(name)") }
        operations.append(operation)
      }
    }
    for operation in operations {
      let outcome = outcome(of: try vector.answer(), to: operation)
      // The device keeps no status or message of an error that its kind says all about.
      var dropped: Set<String> = []
      if outcome.word == "invalidToken" || outcome.word == "slotUnknown" { dropped = ["status", "message"] }
      try outcome.check(vector, findings, dropped: dropped, respelled: ["Canceled": "Cancelled"])
    }
  }

  private func outcome(of answer: HTTPAnswer, to operation: Operation) -> VectorOutcome {
    do throws(DashError) {
      switch operation {
      case .replenish: return ordered(try ReplenishAnswer.read(answer))
      case .slotStatus, .deviceStatus:
        let named: DashRequest = .replenish(slot: "a")  // as slotStatus, a request that names a slot
        try DashAcknowledgement.read(
          answer, to: operation == .slotStatus ? named : .deviceStatus(mostRecentlyActive: 0))
        return VectorOutcome("accepted")
      case .deregister:
        try DashAcknowledgement.read(answer, to: .deregister)
        return VectorOutcome("deregistered")
      case .subscriptionInfo: return subscriptions(try SlotSubscription.read(answer))
      case .orderInfo: return order(try OrderInfo.read(answer))
      case .cancelTestOrders:
        let slots = try CancelledSlot.read(answer)
        return VectorOutcome(
          "cancelled",
          ["slots": .array(slots.map { .object(["slotId": .string($0.slot), "orderStatus": .string($0.status)]) })])
      }
    } catch {
      return VectorOutcome(error)
    }
  }

  private func ordered(_ answer: ReplenishAnswer) -> VectorOutcome {
    let (word, code): (String, String)
    switch answer.detail {
    case .standardOrderPlaced: (word, code) = ("ordered", "STANDARD_ORDER_PLACED")
    case .testOrderPlaced: (word, code) = ("testOrdered", "TEST_ORDER_PLACED")
    case .orderInProgress: (word, code) = ("alreadyOrdered", "ORDER_INPROGRESS")
    case .other(let other): (word, code) = ("unknownDetail", other)
    }
    return VectorOutcome(word, ["detailCode": .string(code), "eventInstanceId": .text(answer.eventInstanceID)])
  }

  private func subscriptions(_ slots: [SlotSubscription]) -> VectorOutcome {
    let list = slots.map { slot in
      let products = slot.products.map { product in
        TestJSON.object([
          "asin": .string(product.asin), "quantity": .number(product.quantity), "unit": .string(product.unit),
        ])
      }
      return TestJSON.object([
        "slotId": .string(slot.slot), "subscribed": .bool(slot.isSubscribed), "products": .array(products),
      ])
    }
    return VectorOutcome("subscriptions", ["slots": .array(list)])
  }

  private func order(_ order: OrderInfo) -> VectorOutcome {
    let items = order.items.map { item in
      TestJSON.object([
        "asin": .string(item.asin), "slotId": .string(item.slot), "quantity": .number(item.quantity),
        "status": .string(item.status.word), "expectedDeliveryDate": .text(item.expectedDelivery),
      ])
    }
    return VectorOutcome("order", ["instanceId": .string(order.instanceID), "items": .array(items)])
  }
}

/// Inputs that DRS and LWA vectors have alike.
extension Vector {
  var baseURL: String { get throws(VectorFault) { try input("baseURL") } }

  var model: ModelID {
    get throws(VectorFault) { try Vector.model(try input("model")) }
  }

  var serial: SerialNumber {
    get throws(VectorFault) { try Vector.serial(try input("serial")) }
  }

  static func model(_ text: String) throws(VectorFault) -> ModelID {
    do throws(IdentityFault) { return try ModelID(text) } catch { throw VectorFault("the model \(error.explanation)") }
  }

  static func serial(_ text: String) throws(VectorFault) -> SerialNumber {
    do throws(IdentityFault) { return try SerialNumber(text) } catch {
      throw VectorFault("the serial \(error.explanation)")
    }
  }

  static func address(_ text: String) throws(VectorFault) -> ServiceURL {
    do throws(ServiceURLFault) { return try ServiceURL(text) } catch {
      throw VectorFault("\(text): \(error.explanation)")
    }
  }

  /// A time among the inputs, in seconds since 1970.
  func seconds(_ key: String) throws(VectorFault) -> Int64? { try number(key).map { Int64($0) } }

}
