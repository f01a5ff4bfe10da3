import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import AmazonEmulator

@Suite("Dash Replenishment Service")
struct DashTests {
  let fixture: EmulatorFixture

  init() throws { fixture = try EmulatorFixture() }

  @Test("a second press while an order is open orders nothing, until it is cancelled or delivered")
  func oneOpenOrder() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let first = try await amazon.replenish("coffee", token)
      #expect(first.detailCode == "TEST_ORDER_PLACED")
      let second = try await amazon.replenish("coffee", token)
      #expect(second == Replenished(detailCode: "ORDER_INPROGRESS", eventInstanceId: first.eventInstanceId))
      #expect(try await amazon.replenish("water-filter", token).detailCode == "TEST_ORDER_PLACED")
      let cancelled = try await amazon.dash(.cancelTestOrder, "/testOrders/slots/coffee", token)
      #expect(cancelled.text == #"{"slotOrderStatuses":[{"orderStatus":"NO_ORDER_IN_PROGRESS","slotId":"coffee"}]}"#)
      #expect(try await amazon.replenish("coffee", token).detailCode == "TEST_ORDER_PLACED")
      #expect(try await amazon.replenish("water-filter", token).detailCode == "ORDER_INPROGRESS")
      #expect(try await amazon.control("orders/deliver", #"{"slot":"coffee"}"#).status == .ok)
      #expect(try await amazon.replenish("coffee", token).detailCode == "TEST_ORDER_PLACED")
      #expect(try await amazon.dash(.cancelTestOrders, "/testOrders", token).status == .ok)
      #expect(try await amazon.replenish("water-filter", token).detailCode == "TEST_ORDER_PLACED")
      #expect(try await amazon.state().orders.map(\.replenishRequests) == [2, 2, 1, 1, 1])
    }
  }

  @Test("the cancel path of the older documents works")
  func oldCancelPath() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      _ = try await amazon.replenish("coffee", token)
      #expect(try await amazon.dash(.cancelTestOrder, "/testOrders/coffee", token).status == .ok)
      #expect(try await amazon.replenish("coffee", token).detailCode == "TEST_ORDER_PLACED")
      #expect(try await amazon.dash(.cancelTestOrder, "/testOrders/slots/nope", token).status == .notFound)
    }
  }

  @Test("whether orders are real is a property of the registration")
  func realOrders() async throws {
    let fixture = try EmulatorFixture { $0.allowsRealOrders = true }
    try await fixture.run { amazon in
      let token = try await amazon.link(test: "false").access_token
      #expect(try await amazon.replenish("coffee", token).detailCode == "STANDARD_ORDER_PLACED")
      #expect(try await amazon.dash(.cancelTestOrders, "/testOrders", token).status == .badRequest)
      #expect(try await amazon.replenish("coffee", token).detailCode == "ORDER_INPROGRESS")
    }
  }

  @Test("unknown slot, slot without a product")
  func slots() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      #expect(try await amazon.dash(.replenish, "/replenish/nope", token).status == .notFound)
      #expect(try await amazon.dash(.replenish, "/replenish/descaler", token).status == .badRequest)
      #expect(try await amazon.control("slots", #"{"slot":"descaler","asin":"B00DESCAL1"}"#).status == .ok)
      #expect(try await amazon.replenish("descaler", token).detailCode == "TEST_ORDER_PLACED")
      #expect(try await amazon.state().orders.count == 1)
    }
  }

  @Test("a slot's name may hold anything, percent-encoded")
  func slotNames() async throws {
    let names = ["Paper Towel/2", "50%?off#1", "Körner", "a+b"]
    let fixture = try EmulatorFixture { $0.slots = names.map { .init(id: $0, asin: "B0") } }
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      for path in ["Paper%20Towel%2F2", "50%25%3Foff%231", "K%C3%B6rner", "a+b"] {
        #expect(try await amazon.replenish(path, token).detailCode == "TEST_ORDER_PLACED")
      }
      #expect(try await amazon.dash(.replenish, "/replenish/%ff", token).status == .badRequest)
    }
  }

  @Test("every operation checks both schema headers", arguments: DashOperation.allCases)
  func schemaHeaders(operation: DashOperation) async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let (method, path): (HTTPRequest.Method, String) =
        switch operation {
        case .replenish: (.post, "/replenish/coffee")
        case .slotStatus: (.post, "/slotStatus/coffee")
        case .deviceStatus: (.post, "/deviceStatus")
        case .subscriptionInfo: (.get, "/subscriptionInfo")
        case .getOrderInfo: (.get, "/getOrderInfo/x")
        case .deregister: (.delete, "/registration")
        case .deregisterV1: (.delete, "/deviceModels/CoffeeMaker-9000/devices/SN1/registration")
        case .cancelTestOrder: (.delete, "/testOrders/slots/coffee")
        case .cancelTestOrders: (.delete, "/testOrders")
        }
      let good = (operation.inputTypes[0], operation.resultTypes[0])
      let bad: [(String?, String?)] = [
        (nil, good.1), (good.0, nil), (good.0 + "0", good.1), (good.0, good.1 + "0"), (good.1, good.0),
        (good.0.lowercased(), good.1),
      ]
      for (input, result) in bad {
        var headers: HTTPFields = [.authorization: "Bearer \(token)"]
        headers[.amznTypeVersion] = input
        headers[.amznAcceptType] = result
        let answer = try await amazon.send(method, path, headers: headers)
        #expect(answer.status == .badRequest)
        #expect(answer.errorType?.hasPrefix("InvalidRequestException:") == true)
        #expect(answer.members["message"]?.contains("x-amzn-") == true)
      }
      #expect(try await amazon.state().orders.isEmpty)
      #expect(try await amazon.state().registrations.first?.deregisteredAt == nil)
    }
  }

  @Test("a bad token is 400 in Amazon's shape, never 401")
  func badToken() async throws {
    try await fixture.run { amazon in
      let tokens = try await amazon.link()
      func check(_ answer: Answer) {
        #expect(answer.status == .badRequest)
        #expect(answer.text == #"{"message":"Invalid token"}"#)
        #expect(
          answer.errorType
            == "InvalidTokenException:http://internal.amazon.com/coral/com.amazon.parkeraccioservice/")
        #expect(answer.headers[.amznRequestID].flatMap(UUID.init(uuidString:)) != nil)
      }
      check(try await amazon.send(.post, "/replenish/coffee"))
      check(try await amazon.dash(.replenish, "/replenish/coffee", "Atza|unknown"))
      check(try await amazon.dash(.replenish, "/replenish/coffee", tokens.refresh_token))
      fixture.wait(3600)
      check(try await amazon.dash(.replenish, "/replenish/coffee", tokens.access_token))
      let fresh = try await amazon.refresh(tokens.refresh_token).decoded(Tokens.self)
      #expect(try await amazon.replenish("coffee", fresh.access_token).detailCode == "TEST_ORDER_PLACED")
    }
  }

  @Test("subscription info in both versions")
  func subscriptions() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let first = try await amazon.dash(.subscriptionInfo, "/subscriptionInfo", token)
      #expect(
        first.text == #"{"slotsSubscriptionStatus":{"coffee":true,"descaler":false,"water-filter":true}}"#)
      let second = try await amazon.dash(.subscriptionInfo, "/subscriptionInfo", token, resultType: 1)
      #expect(
        second.text.contains(
          #""coffee":{"productInfoList":[{"asin":"B00COFFEE1","quantity":1,"unit":"count"}],"subscribed":true}"#))
      #expect(second.text.contains(#""descaler":{"productInfoList":[],"subscribed":false}"#))
    }
  }

  @Test(
    "slot status bodies",
    arguments: [
      (#"{"remainingQuantityInUnit":3.5}"#, true),
      (
        #"{"expectedReplenishmentDate":"2015-12-28T10:00:00Z","remainingQuantityInUnit":1,"originalQuantityInUnit":0}"#,
        true
      ),
      (#"{"lastUseDate":"2017-04-7"}"#, true), (#"{"lastUseDate":"2015-12-28T10:00:00.250+01:00"}"#, true),
      (#"{"totalQuantityOnHand":20,"unknown":{}}"#, true), (#"{"remainingQuantityInUnit":"3.5"}"#, false),
      (#"{"remainingQuantityInUnit":true}"#, false), (#"{"remainingQuantityInUnit":-1}"#, false),
      (#"{"lastUseDate":"yesterday"}"#, false), (#"{"lastUseDate":5}"#, false), ("[]", false), ("{", false),
    ])
  func slotStatus(body: String, isGood: Bool) async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let answer = try await amazon.dash(.slotStatus, "/slotStatus/coffee", token, body: body)
      #expect(answer.status == (isGood ? .ok : .badRequest))
      #expect(isGood ? answer.text.isEmpty : answer.members["message"] != nil)
      let noted = try await amazon.state().registrations[0].slotStatus["coffee"]
      #expect((noted != nil) == isGood)
    }
  }

  @Test("device status needs its date, and JSON its type")
  func deviceStatus() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let good = #"{"mostRecentlyActiveDate":"2015-12-28T10:00:00Z"}"#
      #expect(try await amazon.dash(.deviceStatus, "/deviceStatus", token, body: good).status == .ok)
      #expect(try await amazon.dash(.deviceStatus, "/deviceStatus", token, body: "{}").status == .badRequest)
      #expect(try await amazon.dash(.deviceStatus, "/deviceStatus", token).status == .badRequest)
      #expect(try await amazon.state().registrations[0].mostRecentlyActiveDate == "2015-12-28T10:00:00Z")
    }
  }

  @Test("order info follows the order, for its own device only")
  func orderInfo() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      let id = try await amazon.replenish("coffee", token).eventInstanceId
      let answer = try await amazon.dash(.getOrderInfo, "/getOrderInfo/\(id)", token)
      #expect(
        answer.text == """
          {"orderInfoData":{"instanceId":"\(id)","orderItems":[{"asin":"B00COFFEE1","expectedDeliveryDate":\
          "2027-01-17T08:00:00.000Z","quantity":1,"slotId":"coffee","status":"Processing"}]}}
          """)
      #expect(try await amazon.control("orders/ship").status == .ok)
      #expect(try await amazon.dash(.getOrderInfo, "/getOrderInfo/\(id)", token).text.contains("Shipped"))
      #expect(try await amazon.control("orders/cancel").status == .ok)
      let cancelled = try await amazon.dash(.getOrderInfo, "/getOrderInfo/\(id)", token).text
      #expect(cancelled.contains(#""expectedDeliveryDate":null"#) && cancelled.contains("Cancelled"))
      let other = try await amazon.link(serial: "SN2").access_token
      #expect(try await amazon.dash(.getOrderInfo, "/getOrderInfo/\(id)", other).status == .notFound)
    }
  }

  @Test("deregistering kills every token of the device and of no other", arguments: [true, false])
  func deregister(isVersion2: Bool) async throws {
    try await fixture.run { amazon in
      let tokens = try await amazon.link()
      let twin = try await amazon.link()
      let other = try await amazon.link(serial: "SN2")
      let wrong = "/deviceModels/CoffeeMaker-9000/devices/SN2/registration"
      #expect(try await amazon.dash(.deregisterV1, wrong, tokens.access_token).status == .badRequest)
      let answer =
        isVersion2
        ? try await amazon.dash(.deregister, "/registration", tokens.access_token)
        : try await amazon.dash(
          .deregisterV1, "/deviceModels/CoffeeMaker-9000/devices/SN1/registration", tokens.access_token)
      #expect(answer.status == .ok)
      #expect(answer.text.isEmpty)
      for dead in [tokens, twin] {
        #expect(
          try await amazon.dash(.replenish, "/replenish/coffee", dead.access_token).members["message"]
            == "Invalid token")
        #expect(try await amazon.refresh(dead.refresh_token).members["error"] == "invalid_grant")
      }
      #expect(try await amazon.replenish("coffee", other.access_token).detailCode == "TEST_ORDER_PLACED")
      #expect(try await amazon.refresh(other.refresh_token).status == .ok)
    }
  }

  @Test("an unredeemed code dies with the registration")
  func deregisterKillsCodes() async throws {
    try await fixture.run { amazon in
      let tokens = try await amazon.link()
      let code = try #require(try await amazon.consent(Amazon.authorizePath())["code"])
      _ = try await amazon.dash(.deregister, "/registration", tokens.access_token)
      #expect(try await amazon.redeem(code).members["error"] == "invalid_grant")
    }
  }

  @Test("two customers of one device have orders of their own")
  func twoCustomers() async throws {
    try await fixture.run { amazon in
      let first = try await amazon.link().access_token
      let second = try await amazon.link(user: "neighbour@example.com", password: "other").access_token
      #expect(try await amazon.replenish("coffee", first).detailCode == "TEST_ORDER_PLACED")
      #expect(try await amazon.replenish("coffee", second).detailCode == "TEST_ORDER_PLACED")
      #expect(
        try await amazon.state().orders.map(\.customer) == ["customer@example.com", "neighbour@example.com"])
    }
  }

  @Test("a path that is none of DRS is 404")
  func unknownPath() async throws {
    try await fixture.run { amazon in
      let token = try await amazon.link().access_token
      for (method, path) in [
        (.get, "/replenish/coffee"), (.post, "/replenish"), (.post, "/replenish/a/b"), (.delete, "/testOrders/a/b"),
      ] as [(HTTPRequest.Method, String)] {
        let answer = try await amazon.send(method, path, headers: [.authorization: "Bearer \(token)"])
        #expect(answer.status == .notFound, "\(method) \(path)")
      }
      #expect(try await amazon.dash(.replenish, "/replenish/", token).status == .badRequest)
    }
  }
}
