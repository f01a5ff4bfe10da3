import Testing

@testable import ReplenishCore
@testable import replenishctl

extension ReplenishctlTests {
  @Suite struct StatusTextTests {
    private func press(
      _ slot: String, _ state: PressReport.State, instanceID: String? = nil, age: Int64? = nil, reason: String = ""
    ) throws -> PressReport {
      let id = try #require(PressID([UInt8](repeating: 7, count: 16)))
      return PressReport(slot: slot, id: id, state: state, instanceID: instanceID, age: age, reason: reason)
    }

    @Test func ofADeviceInUse() throws {
      let status = DeviceStatus(
        version: "1.2.3", link: .linked, generation: 3, protection: .sealed, isTestDevice: true, hasSetupRecord: true,
        isClockPlausible: true, refreshAge: 200,
        failure: DeviceStatus.Failure(text: "the service did not answer; the device tries again", age: 7),
        slots: ["paper", "tea"],
        presses: [
          try press("paper", .sending, age: 2),
          try press("tea", .ordered, instanceID: "amzn1.o", age: 90_000),
          try press("tea", .refused, reason: "Amazon knows no such slot"),
        ])
      #expect(
        StatusText.text(status) == """
          link        an Amazon account is linked (link 3)
          setup       window shut
          tokens      refreshed 3 min 20 s ago
          protection  sealed with the board's key; a copy of the state folder alone does not yield the tokens
          clock       set
          orders      test orders only: no charge, nothing ships
          last error  7 s ago: the service did not answer; the device tries again
          version     1.2.3
          slots       paper, tea

          presses, newest first:
            paper  2 s ago             sending: the answer is awaited
            tea    1 d 1 h ago         ordered
                                       order amzn1.o
            tea    at an unknown time  not ordered: Amazon refused it
                                       Amazon knows no such slot

          """)
    }

    @Test func ofADeviceThatWaitsForAPhone() {
      let status = DeviceStatus(
        version: "1", link: .setupOpen, hasSetupRecord: true, windowSeconds: 61,
        guesses: DeviceStatus.Guesses(failed: 4, waitSeconds: 10), slots: ["paper"])
      #expect(
        StatusText.text(status) == """
          link        no Amazon account is linked; the setup window is open
          setup       window open for another 1 min 1 s; 4 wrong guesses at the code, the next is taken in 10 s
          protection  file permissions only; whoever takes the disk or is root can read the secrets on it
          clock       not set yet; nothing is ordered before it is
          version     1
          slots       paper

          no presses yet

          """)
    }

    @Test func ofADeviceThatTheFactoryForgot() {
      let text = StatusText.text(DeviceStatus(version: "1", link: .unlinked))
      #expect(text.contains("setup       impossible: the factory's verifier record is missing"))
    }

    @Test func everyStateOfAPressSaysSomethingElse() throws {
      let texts = try PressReport.State.allCases.map { StatusText.outcome(try press("a", $0)) }
      #expect(Set(texts).count == PressReport.State.allCases.count)
    }

    @Test(arguments: [
      (Int64.min, "0 s"), (-1, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"),
      (7500, "2 h 5 min"), (86_399, "23 h 59 min"), (86_400, "1 d"), (360_000, "4 d 4 h"),
      (Int64.max, "106751991167300 d 15 h"),
    ]) func spansOfTime(seconds: Int64, text: String) {
      #expect(Elapsed.text(seconds) == text)
    }

    @Test(arguments: [(6.0, "6"), (0.5, "0.5"), (-0.0, "0"), (1e300, "1e+300")])
    func quantities(value: Double, text: String) {
      #expect(ReplyText.number(value) == text)
    }

    @Test func tellsWhichWayAPhoneTakes() {
      let way = "Bluetooth, kernel sockets, because no bluetoothd runs; hci0 advertises"
      #expect(
        StatusText.text(DeviceStatus(version: "1", link: .setupOpen, bearer: way)).contains("phone       \(way)\n"))
      #expect(!StatusText.text(DeviceStatus(version: "1", link: .setupOpen)).contains("\nphone"))
    }
  }
}
