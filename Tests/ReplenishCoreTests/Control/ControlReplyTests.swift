import Testing

@testable import ReplenishCore

@Suite struct ControlReplyTests {
  private func replies() throws -> [Reply] {
    let item = OrderItem(
      asin: "B0", slot: "paper", quantity: 2, status: .processing, expectedDelivery: "2026-01-02T00:00:00.000Z")
    let other = OrderItem(
      asin: "B0", slot: "tea", quantity: 0.5, status: .other("Delayed"), expectedDelivery: nil)
    return [
      .done, .noted(try .numbered(9)), .status(try fullStatus()),
      .status(DeviceStatus(version: "0", link: .unlinked)),
      .identity(
        DeviceIdentity(model: try ModelID("M-1"), serial: try SerialNumber("B0001"), serialSource: "file /a")),
      .slots([
        SlotSubscription(
          slot: "a", isSubscribed: true, products: [SlotProduct(asin: "B0", quantity: 6, unit: "count")]),
        SlotSubscription(slot: "b", isSubscribed: false, products: []),
      ]),
      .slots([]), .order(OrderInfo(instanceID: "i", items: [item, other])),
      .cancelled([CancelledSlot(slot: "a", status: "NO_ORDER_IN_PROGRESS")]),
      .refused(Refusal(.notLinked, "no account is linked; link one")),
    ]
  }

  @Test func everyReplyComesBackAsItWent() throws {
    for reply in try replies() {
      #expect(try ControlReply.decode(ControlReply.encode(reply)) == reply)
    }
    for code in Refusal.Code.allCases {
      let reply = Reply.refused(Refusal(code, "text"))
      #expect(try ControlReply.decode(ControlReply.encode(reply)) == reply)
    }
    for state in PressReport.State.allCases {
      for link in LinkState.allCases {
        let press = PressReport(slot: "a", id: try .numbered(1), state: state)
        let reply = Reply.status(DeviceStatus(version: "1", link: link, presses: [press]))
        #expect(try ControlReply.decode(ControlReply.encode(reply)) == reply)
      }
    }
  }

  @Test func everyStatusOfAnOrderHasItsWord() {
    let all: [OrderItem.Status] = [.processing, .cancelled, .shipped, .pending, .authorized, .closed, .unknown]
    #expect(Set(all.map(\.word)).count == all.count)
    for status in all { #expect(OrderItem.Status(status.word) == status) }
  }

  @Test func isWrittenAsDocumented() throws {
    func text(_ reply: Reply) -> String { String(decoding: ControlReply.encode(reply), as: UTF8.self) }
    #expect(text(.done) == #"{"protocol":1,"reply":"done"}"#)
    #expect(
      text(.noted(try .numbered(255))) == #"{"protocol":1,"reply":"noted","press":"000000000000000000000000000000ff"}"#)
    #expect(
      text(.refused(Refusal(.unknownSlot, "no slot x")))
        == #"{"protocol":1,"reply":"refused","code":"unknownSlot","text":"no slot x"}"#)
    let status = text(.status(DeviceStatus(version: "1", link: .setupOpen, slots: ["a"])))
    #expect(
      status == #"{"protocol":1,"reply":"status","status":{"version":"1","link":"setup-open","generation":null,"#
        + #""protection":"none","test-device":false,"setup-record":false,"bearer":null,"window-seconds":null,"#
        + #""guesses":{"failed":0,"wait-seconds":0},"clock-plausible":false,"refresh-age":null,"failure":null,"#
        + #""slots":["a"],"presses":[]}}"#)
  }

  @Test func dropsTheOldestFinishedPressesWhereAllDoNotFit() throws {
    var status = try fullStatus()
    let reason = String(repeating: "r", count: 200)
    status.presses = try (0..<250).map { number in
      PressReport(
        slot: "paper", id: try .numbered(UInt8(number)), state: number == 249 ? .noted : .ordered, reason: reason)
    }
    let message = ControlReply.encode(.status(status))
    #expect(message.count <= ControlProtocol.maximumLength)
    guard case .status(let read) = try ControlReply.decode(message) else {
      Issue.record("no status")
      return
    }
    #expect(read.presses.count > 30)
    #expect(read.presses.dropLast().elementsEqual(status.presses.prefix(read.presses.count - 1)))
    #expect(read.presses.last == status.presses.last)
  }

  @Test func refusesRatherThanSendTooMuch() throws {
    let product = SlotProduct(asin: "B000000000", quantity: 1, unit: "count")
    let products = [SlotProduct](repeating: product, count: 1000)
    let message = ControlReply.encode(.slots([SlotSubscription(slot: "a", isSubscribed: true, products: products)]))
    #expect(message.count <= ControlProtocol.maximumLength)
    guard case .refused(let refusal) = try ControlReply.decode(message) else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == .malformedAnswer)
    let slots = (0..<200).map { "\($0)" + String(repeating: "s", count: 120) }
    let status = ControlReply.encode(.status(DeviceStatus(version: "1", link: .linked, slots: slots)))
    #expect(status.count <= ControlProtocol.maximumLength)
  }

  @Test func cutsAndCleansTexts() throws {
    let text = "a\u{1B}[2Jb\nc\u{9B}d\u{202E}" + String(repeating: "é", count: 400)
    guard case .refused(let refusal) = try ControlReply.decode(ControlReply.encode(.refused(Refusal(.busy, text))))
    else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.text.hasPrefix("a?[2Jb?c?d?éé"))
    #expect(refusal.text.utf8.count <= 300)
    #expect(refusal.text.hasSuffix("é"))
  }
}

/// What a false daemon may send to the one who asks.
@Suite struct HostileReplyTests {
  @Test(arguments: [
    ("", ControlReply.Fault.notJSON),
    ("[]", .notJSON),
    (#"{"reply":"done"}"#, .otherProtocol(0)),
    (#"{"protocol":2,"reply":"done"}"#, .otherProtocol(2)),
    (#"{"protocol":1}"#, .malformed("reply")),
    (#"{"protocol":1,"reply":"gone"}"#, .malformed("reply")),
    (#"{"protocol":1,"reply":"noted"}"#, .malformed("press")),
    (#"{"protocol":1,"reply":"noted","press":"00"}"#, .malformed("press")),
    (#"{"protocol":1,"reply":"noted","press":"zz000000000000000000000000000000"}"#, .malformed("press")),
    (#"{"protocol":1,"reply":"status"}"#, .malformed("status")),
    (#"{"protocol":1,"reply":"status","status":[]}"#, .malformed("version")),
    (#"{"protocol":1,"reply":"identity","model":"a b"}"#, .malformed("model")),
    (#"{"protocol":1,"reply":"identity","model":"a","serial":""}"#, .malformed("serial")),
    (#"{"protocol":1,"reply":"identity","model":"a","serial":"1"}"#, .malformed("serial-source")),
    (#"{"protocol":1,"reply":"slots","slots":{}}"#, .malformed("slots")),
    (#"{"protocol":1,"reply":"slots","slots":[{"slot":"a"}]}"#, .malformed("slots.subscribed")),
    (#"{"protocol":1,"reply":"order","instance-id":"a","items":[7]}"#, .malformed("asin")),
    (#"{"protocol":1,"reply":"cancelled","slots":[{"slot":1,"status":""}]}"#, .malformed("slot")),
    (#"{"protocol":1,"reply":"refused","code":"x","text":""}"#, .malformed("code")),
    (#"{"protocol":1,"reply":"refused","code":"busy"}"#, .malformed("text")),
  ]) func isRefused(message: String, fault: ControlReply.Fault) {
    #expect(throws: fault) { try ControlReply.decode(Array(message.utf8)) }
    #expect(!fault.text.isEmpty)
  }

  @Test func tooLongIsRefusedUnread() {
    #expect(throws: ControlReply.Fault.tooLong(16_385)) {
      try ControlReply.decode([UInt8](repeating: 0x20, count: 16_385))
    }
  }

  @Test func aStatusWithANumberOutOfRangeIsRefused() throws {
    let text = String(decoding: ControlReply.encode(.status(try fullStatus())), as: UTF8.self)
    let changes = [
      (#""generation":3"#, #""generation":4294967296"#), (#""generation":3"#, #""generation":-1"#),
      (#""failed":4"#, #""failed":-4"#), (#""wait-seconds":10"#, #""wait-seconds":"10""#),
      (#""window-seconds":480"#, #""window-seconds":9223372036854775807"#), (#""age":2"#, #""age":2.5"#),
      (#""state":"sending""#, #""state":"sent""#), (#""link":"linked""#, #""link":"married""#),
    ]
    for (old, new) in changes {
      #expect(text.contains(old))
      #expect(throws: ControlReply.Fault.self, "\(new)") {
        try ControlReply.decode(Array(text.replacing(old, with: new, maxReplacements: 1).utf8))
      }
    }
  }

  @Test func textsReachTheTerminalWithoutControlCharacters() throws {
    let message = #"{"protocol":1,"reply":"refused","code":"busy","text":"\u001b]0;x\u0007\r\n\u009b"}"#
    #expect(try ControlReply.decode(Array(message.utf8)) == .refused(Refusal(.busy, "?]0;x????")))
  }

  @Test func endsOnMutatedMessages() throws {
    let original = ControlReply.encode(.status(try fullStatus()))
    for seed in 0..<3000 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      var message = original
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let index = Int.random(in: 0..<message.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: message[index] = UInt8.random(in: 0...255, using: &random)
        case 1: message.remove(at: index)
        default: message.insert(#"{}[]",:019e-"#.utf8.randomElement(using: &random) ?? 0, at: index)
        }
      }
      if let reply = try? ControlReply.decode(message) {
        // What is understood can be said again.
        #expect((try? ControlReply.decode(ControlReply.encode(reply))) == reply, "seed \(seed)")
      }
    }
  }
}
