import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct DashTests {
  private func answer(_ status: Int, _ body: String, requestID: String? = nil) -> HTTPAnswer {
    HTTPAnswer(status: status, contentType: "application/json", requestID: requestID, body: Secret(copying: body))
  }

  @Test func idsThatCannotStandInAPath() {
    for id in ["", ".", "..", "...", "a\nb", "a\u{0}", "\u{85}", String(repeating: "a", count: 256)] {
      #expect(!DashRequest.isAddressable(id), "\(id)")
    }
    for id in ["a", "a.b", ".a", "PaperTowel", "Körner", "a/b", "\u{A0}", String(repeating: "a", count: 255)] {
      #expect(DashRequest.isAddressable(id), "\(id)")
    }
  }

  @Test func theTokenStandsOnlyInTheAuthorization() throws {
    let status = try SlotStatus(remaining: 1)
    let requests: [DashRequest] = [
      .replenish(slot: "a"), .slotStatus(slot: "a", status), .deviceStatus(mostRecentlyActive: 0),
      .subscriptionInfo(.v1), .subscriptionInfo(.v2), .orderInfo(instanceID: "i"), .deregister,
      .deregisterDevice(model: try ModelID("M"), serial: try SerialNumber("1")), .cancelTestOrders(slot: "a"),
      .cancelAllTestOrders,
    ]
    for request in requests {
      let made = request.request(token: Secret(copying: "Atza|planted"), at: .northAmerica)
      #expect(made.bearer?.shownForTest == "Atza|planted")
      var shown = "\(made)" + (made.body?.shownForTest ?? "")
      dump(made, to: &shown)
      #expect(!shown.contains("planted"))
      #expect(made.url.hasPrefix("https://dash-replenishment-service-na.amazon.com/"))
    }
  }

  @Test func quantitiesAndTimesAreChecked() {
    for bad in [-1, -0.001, 1_000_000_001, .infinity, -.infinity, .nan] as [Double] {
      #expect(throws: SlotStatus.Fault.quantity(field: "remainingQuantityInUnit")) { try SlotStatus(remaining: bad) }
      #expect(throws: SlotStatus.Fault.quantity(field: "originalQuantityInUnit")) { try SlotStatus(original: bad) }
      #expect(throws: SlotStatus.Fault.quantity(field: "totalQuantityOnHand")) { try SlotStatus(onHand: bad) }
    }
    #expect(throws: SlotStatus.Fault.time(field: "lastUseDate")) { try SlotStatus(lastUse: -1) }
    #expect(throws: SlotStatus.Fault.time(field: "expectedReplenishmentDate")) {
      try SlotStatus(expectedReplenishment: 253_402_300_800)
    }
  }

  @Test func aStatusSendsWhatIsKnown() throws {
    #expect(try SlotStatus().encoded().shownForTest == "{}")
    #expect(try SlotStatus(remaining: -0.0).encoded().shownForTest == #"{"remainingQuantityInUnit":0}"#)
    #expect(
      try SlotStatus(onHand: 1_000_000_000).encoded().shownForTest == #"{"totalQuantityOnHand":1000000000}"#)
    #expect(try SlotStatus(original: 0.5).encoded().shownForTest == #"{"originalQuantityInUnit":0.5}"#)
  }

  @Test func everySuccessStatusIsOne() throws {
    let body = #"{"detailCode":"TEST_ORDER_PLACED"}"#
    for status in [200, 201, 202, 299] {
      #expect(try ReplenishAnswer.read(answer(status, body)).detail == .testOrderPlaced)
    }
    for status in [100, 300, 304, 399, 600] {
      #expect(throws: DashError.malformed("the status is \(status), neither success nor error")) {
        try ReplenishAnswer.read(answer(status, body))
      }
    }
  }

  @Test func aRequestIDIsShownOnlyIfItIsOne() {
    let id = "dd0e2b3a-5ee4-11e8-9f2c-8bd2c6e1f2a7"
    #expect(throws: DashError.slotUnknown(requestID: id)) { try ReplenishAnswer.read(answer(404, "", requestID: id)) }
    for bad in ["", "Atza|x", "a b", "a\n", String(repeating: "a", count: 65)] {
      #expect(throws: DashError.slotUnknown(requestID: nil)) {
        try ReplenishAnswer.read(answer(404, "", requestID: bad))
      }
    }
  }

  @Test func aRefusalThatRepeatsTheTokenDoesNotShowIt() {
    #expect {
      try ReplenishAnswer.read(answer(400, #"{"message":"token Atza|planted is odd"}"#))
    } throws: { error in
      let shown = "\(error)" + ((error as? DashError)?.explanation ?? "")
      return shown.contains("[hidden]") && !shown.contains("planted")
    }
  }

  @Test func whetherItMayHaveHappened() {
    #expect(DashError.server(status: 500, retryAfter: nil, requestID: nil).mayHaveTakenEffect)
    #expect(DashError.malformed("x").mayHaveTakenEffect)
    #expect(!DashError.slotUnknown(requestID: nil).mayHaveTakenEffect)
    #expect(!DashError.invalidToken(requestID: nil).mayHaveTakenEffect)
    #expect(!DashError.refused(status: 400, message: ServiceText(""), requestID: nil).mayHaveTakenEffect)
  }

  @Test func slotsComeInTheOrderOfTheirIDs() throws {
    let body = #"{"slotsSubscriptionStatus":{"b":true,"a":false,"B":true}}"#
    #expect(try SlotSubscription.read(answer(200, body)).map(\.slot) == ["B", "a", "b"])
  }

  @Test func listsAreBounded() {
    let members = (0...256).map { #""s\#($0)":true"# }.joined(separator: ",")
    #expect(throws: DashError.malformed("it names more than 256 slots")) {
      try SlotSubscription.read(answer(200, #"{"slotsSubscriptionStatus":{"# + members + "}}"))
    }
    let slots = (0...256).map { #"{"slotId":"s\#($0)","orderStatus":"X"}"# }.joined(separator: ",")
    #expect(throws: DashError.malformed("slotOrderStatuses has more than 256 elements")) {
      try CancelledSlot.read(answer(200, #"{"slotOrderStatuses":["# + slots + "]}"))
    }
  }

  @Test func controlCharactersInTextsAreRefused() {
    for text in [#"\u001b[2J"#, #"\n"#, #"\u007f"#, #"\u009b"#] {
      let body = #"{"detailCode":"STANDARD_ORDER_PLACED","eventInstanceId":"a"# + text + #""}"#
      #expect(throws: DashError.self, "\(text)") { try ReplenishAnswer.read(answer(200, body)) }
    }
  }

  @Test func anAcknowledgementThatIsAWebPageIsNone() {
    let page = HTTPAnswer(status: 200, contentType: "text/html", body: Secret(copying: "<html>"))
    #expect(throws: DashError.malformed("the body is a web page")) {
      try DashAcknowledgement.read(page, to: .deregister)
    }
  }
}
