import Testing

@testable import ReplenishCore

@Suite struct ControlRequestTests {
  @Test func everyCommandComesBackAsItWent() throws {
    let status = try SlotStatus(
      remaining: 3.5, original: 12, onHand: 0, lastUse: 1_451_296_800, expectedReplenishment: 1_451_383_200)
    let commands: [Command] = [
      .status, .press(slot: "paper"), .setup, .unlink, .identity, .slots, .order(instanceID: "amzn1.dash.v2.o.x|y"),
      .cancelTestOrders(slot: nil), .cancelTestOrders(slot: "tea"), .slotStatus(slot: "paper", status),
      .slotStatus(slot: "paper", try SlotStatus()), .erase,
    ]
    for command in commands {
      #expect(try ControlRequest.decode(ControlRequest.encode(command)) == command)
    }
  }

  @Test func isWrittenAsDocumented() {
    func text(_ command: Command) -> String { String(decoding: ControlRequest.encode(command), as: UTF8.self) }
    #expect(text(.press(slot: "paper")) == #"{"protocol":1,"command":"press","slot":"paper"}"#)
    #expect(text(.cancelTestOrders(slot: nil)) == #"{"protocol":1,"command":"cancel-test-orders"}"#)
    #expect(text(.order(instanceID: "a")) == #"{"protocol":1,"command":"order","instance-id":"a"}"#)
  }

  /// Only these three may be asked with the right to read; whatever is added must be placed on purpose.
  @Test func onlyAskingNeedsNoMoreThanTheRightToRead() throws {
    #expect([Command.status, .identity, .slots].allSatisfy { $0.right == .read })
    let acts: [Command] = [
      .press(slot: "a"), .setup, .unlink, .order(instanceID: "a"), .cancelTestOrders(slot: nil),
      .slotStatus(slot: "a", try SlotStatus()), .erase,
    ]
    #expect(acts.allSatisfy { $0.right == .act })
  }

  @Test(arguments: [
    ("", "no JSON text"),
    ("{", "no JSON text"),
    ("[]", "no JSON object"),
    ("null", "no JSON text"),
    (#"{"command":"status"}"#, #""protocol" is missing"#),
    (#"{"protocol":"1","command":"status"}"#, #""protocol" is missing"#),
    (#"{"protocol":1.0,"command":"status"}"#, #""protocol" is missing"#),
    (#"{"protocol":2,"command":"status"}"#, "protocol 2 is not spoken"),
    (#"{"protocol":1}"#, #""command" is missing"#),
    (#"{"protocol":1,"command":"Status"}"#, #""command" is missing"#),
    (#"{"protocol":1,"command":["press"]}"#, #""command" is missing"#),
    (#"{"protocol":1,"command":"press","command":"erase"}"#, "no JSON text"),
    (#"{"protocol":1,"command":"press"}"#, #"press needs a "slot""#),
    (#"{"protocol":1,"command":"press","slot":7}"#, #"press needs a "slot""#),
    (#"{"protocol":1,"command":"press","slot":""}"#, #"press needs a "slot""#),
    (#"{"protocol":1,"command":"press","slot":"a b"}"#, #"press needs a "slot""#),
    (#"{"protocol":1,"command":"press","slot":"a\u0000b"}"#, "no JSON text"),
    (#"{"protocol":1,"command":"press","slot":"a","count":2}"#, #"no argument "count""#),
    (#"{"protocol":1,"command":"erase","slot":"a"}"#, #"no argument "slot""#),
    (#"{"protocol":1,"command":"cancel-test-orders","slot":null}"#, #"needs a "slot""#),
    (#"{"protocol":1,"command":"order","instance-id":"a b"}"#, #"an "instance-id""#),
    (#"{"protocol":1,"command":"slot-status","slot":"a","remaining":-1}"#, "from 0 to"),
    (#"{"protocol":1,"command":"slot-status","slot":"a","remaining":"3"}"#, "remaining must be a number"),
    (#"{"protocol":1,"command":"slot-status","slot":"a","last-use":1.5}"#, "last-use must be a time"),
    (#"{"protocol":1,"command":"slot-status","slot":"a","last-use":99999999999999999999}"#, "no JSON text"),
    (#"{"protocol":1,"command":"status"} x"#, "no JSON text"),
  ]) func refusesWhatItDoesNotUnderstand(message: String, part: String) {
    do throws(Refusal) {
      _ = try ControlRequest.decode(Array(message.utf8))
      Issue.record("taken: \(message)")
    } catch {
      #expect(error.code == .badRequest)
      #expect(error.text.contains(part), "\(error.text)")
    }
  }

  @Test func refusesWhatIsTooLongOrTooDeep() {
    let long = #"{"protocol":1,"command":"press","slot":""# + String(repeating: "a", count: 16_384) + #""}"#
    #expect(throws: Refusal.self) { try ControlRequest.decode(Array(long.utf8)) }
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: ControlProtocol.maximumLength)
    #expect(throws: Refusal.self) { try ControlRequest.decode(deep) }
    let slot = String(repeating: "s", count: 129)
    #expect(throws: Refusal.self) { try ControlRequest.decode(ControlRequest.encode(.press(slot: slot))) }
    let id = String(repeating: "s", count: 256)
    #expect(throws: Refusal.self) { try ControlRequest.decode(ControlRequest.encode(.order(instanceID: id))) }
  }

  /// The name of a foreign argument is told, but cannot move the cursor of the one who reads it.
  @Test func tellsForeignNamesHarmlessly() {
    let message = #"{"protocol":1,"command":"status","\u001b[2J\u202e\#(String(repeating: "x", count: 500))":1}"#
    do throws(Refusal) {
      _ = try ControlRequest.decode(Array(message.utf8))
      Issue.record("taken")
    } catch {
      #expect(error.text.contains("?[2J?xxx"))
      #expect(error.text.utf8.count < 120)
    }
  }
}
