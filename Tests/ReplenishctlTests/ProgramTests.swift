import Testing

@testable import ReplenishCore
@testable import replenishctl

extension ReplenishctlTests {
  @Suite struct ProgramTests {
    private let identifier = PressID([UInt8](repeating: 0xAB, count: 16))

    @Test func sendsTheCommandToTheSocketThatWasNamed() throws {
      let exchange = RecordingExchange(.success(ControlReply.encode(.done)))
      let (code, _) = run("setup --socket /run/x --timeout 7", exchange)
      #expect(code == .done)
      #expect(try exchange.requests.map { try ControlRequest.decode($0) } == [.setup])
      #expect(exchange.socket == "/run/x")
      #expect(exchange.timeoutSeconds == 7)
    }

    @Test func testsItselfWithoutADaemon() {
      let exchange = RecordingExchange(.failure(.notReachable("none")))
      let (code, console) = run("--self-test", exchange)
      #expect(code == .done && exchange.requests.isEmpty)
      #expect(console.output.hasPrefix("ok  ") && !console.output.contains("FAILED"))
      #expect(console.output.hasSuffix("the self-test passed\n"))
    }

    @Test func aWrongArgumentSendsNothing() {
      let exchange = RecordingExchange(.success(ControlReply.encode(.done)))
      let (code, console) = run("press", exchange)
      #expect(code == .usage)
      #expect(exchange.requests.isEmpty)
      #expect(console.errors == "replenishctl: press needs SLOT; see replenishctl press --help\n")
    }

    @Test func showsEachAnswer() throws {
      let press = try #require(identifier)
      let identity = DeviceIdentity(
        model: try ModelID("M-1"), serial: try SerialNumber("B0001"), serialSource: "file /a")
      let product = SlotProduct(asin: "B01", quantity: 6, unit: "count")
      let order = OrderInfo(
        instanceID: "amzn1.o",
        items: [
          OrderItem(asin: "B01", slot: "s1", quantity: 2.5, status: .shipped, expectedDelivery: "2026-01-02T00:00:00Z"),
          OrderItem(asin: "B02", slot: "s1", quantity: 1, status: .processing, expectedDelivery: nil),
        ])
      let cases: [(String, Reply, String)] = [
        (
          "press paper", .noted(press),
          "noted as press abababababababababababababababab\nreplenishctl status shows what becomes of it\n"
        ),
        ("identity", .identity(identity), "model       M-1\nserial      B0001\nfound in    file /a\n"),
        (
          "slots",
          .slots([
            SlotSubscription(slot: "s1", isSubscribed: true, products: [product]),
            SlotSubscription(slot: "s2", isSubscribed: false, products: []),
          ]), "s1: subscribed\n  B01, 6 count\ns2: not subscribed\n"
        ),
        ("slots", .slots([]), "Amazon knows no slot of this device\n"),
        (
          "order amzn1.o", .order(order),
          "order amzn1.o\n  B01 for s1, quantity 2.5: Shipped, expected 2026-01-02T00:00:00Z\n"
            + "  B02 for s1, quantity 1: Processing\n"
        ),
        (
          "cancel-test-orders", .cancelled([CancelledSlot(slot: "s1", status: "NO_ORDER_IN_PROGRESS")]),
          "s1: NO_ORDER_IN_PROGRESS\n"
        ),
        ("cancel-test-orders", .cancelled([]), "there were no test orders to cancel\n"),
        ("unlink", .done, "unlinked: nothing is ordered any more; Amazon is told as soon as it can be reached\n"),
      ]
      for (arguments, reply, text) in cases {
        let (code, console) = run(arguments, reply)
        #expect(code == .done, "\(arguments)")
        #expect(console.output == text)
        #expect(console.errors.isEmpty)
      }
    }

    @Test func statusAsJSONIsOneLineThatCanBeRead() throws {
      let status = DeviceStatus(version: "1", link: .linked, generation: 2, slots: ["paper"])
      let (code, console) = run("status --json", .status(status))
      #expect(code == .done)
      #expect(console.output.hasSuffix("}\n"))
      #expect(console.output.split(separator: "\n").count == 1)
      let object = try JSONValue.parse(Array(console.output.utf8))
      #expect(object["link"]?.string == "linked")
      #expect(object["generation"]?.integer == 2)
    }

    @Test(arguments: [
      (Refusal.Code.notLinked, ExitCode.refused), (.unknownSlot, .refused), (.busy, .refused), (.badRequest, .refused),
      (.notPermitted, .notPermitted),
    ]) func aRefusalGoesToStandardError(code: Refusal.Code, exit: ExitCode) {
      let (found, console) = run("press paper", .refused(Refusal(code, "why; what to do")))
      #expect(found == exit)
      #expect(console.output.isEmpty)
      #expect(console.errors == "replenishctl: why; what to do\n")
    }

    @Test(arguments: [
      (ExchangeFault.notReachable("a"), ExitCode.notReachable), (.notPermitted("a"), .notPermitted),
      (.noAnswer("a"), .noAnswer),
    ]) func aDaemonThatDoesNotAnswerHasItsOwnCodes(fault: ExchangeFault, exit: ExitCode) {
      let (found, console) = run("status", RecordingExchange(.failure(fault)))
      #expect(found == exit)
      #expect(console.errors == "replenishctl: a\n")
    }

    @Test(arguments: ["", "{}", "done", #"{"protocol":1,"reply":"done","x":"#, #"{"protocol":9,"reply":"done"}"#])
    func anAnswerThatIsNoneIsNotTakenForSuccess(message: String) {
      let (code, console) = run("press paper", RecordingExchange(.success(Array(message.utf8))))
      #expect(code == .noAnswer)
      #expect(console.output.isEmpty && !console.errors.isEmpty)
    }

    @Test func anAnswerToAnotherCommandIsNotTakenForSuccess() throws {
      for arguments in ["press paper", "status", "identity", "slots", "order x"] {
        #expect(run(arguments, .done).0 == .noAnswer, "\(arguments)")
      }
      #expect(run("unlink", .noted(try #require(identifier))).0 == .noAnswer)
    }

    @Test func nothingReachesTheTerminalThatMovesItsCursor() {
      let hostile = #"{"protocol":1,"reply":"refused","code":"busy","text":"\u001b[2J\u001b]0;owned\u0007\r\n"}"#
      let (_, console) = run("status", RecordingExchange(.success(Array(hostile.utf8))))
      #expect(console.errors == "replenishctl: ?[2J?]0;owned???\n")
    }

    @Test func erasingAsksFirst() {
      let exchange = RecordingExchange(.success(ControlReply.encode(.done)))
      let (declined, console) = run("erase", exchange, answer: false)
      #expect(declined == .refused)
      #expect(console.questions == ["This unlinks the device and erases what it knows."])
      let (alone, _) = run("erase", exchange, answer: nil)
      #expect(alone == .usage)
      #expect(exchange.requests.isEmpty)
      #expect(run("erase", exchange, answer: true).0 == .done)
      #expect(run("erase --yes", exchange, answer: nil).0 == .done)
      #expect(exchange.requests.count == 2)
    }

    private func run(_ arguments: String, _ reply: Reply) -> (ExitCode, RecordingConsole) {
      ReplenishctlTests.run(arguments, reply)
    }

    private func run(
      _ arguments: String, _ exchange: RecordingExchange, answer: Bool? = nil
    ) -> (ExitCode, RecordingConsole) {
      ReplenishctlTests.run(arguments, exchange, answer: answer)
    }
  }
}
