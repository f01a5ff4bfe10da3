import ReplenishCore
import ReplenishLinux
import ReplenishTestSupport
import Testing

/// The power goes at every call of storage, and every call fails once; see ``DiskCuts``.
@Suite struct DiskCutTests {
  @Test(arguments: PowerCutScenario.allCases)
  func everyCallCanBeTheLast(scenario: PowerCutScenario) throws {
    let calls = try DiskCuts.calls(scenario)
    #expect(calls > 5)
    var lives = 0
    for cut in 0...calls {
      let run = try DiskCuts(scenario) { $0.cutAfter = $0.calls + cut }
      // The ways to come back take turns; each meets every kind of call.
      let comeback = PowerReturn.allCases[cut % PowerReturn.allCases.count]
      let wrong = try run.verdicts(scenario, comeback, lives: &lives)
      #expect(wrong.isEmpty, "\(scenario.rawValue), cut after call \(cut) of \(calls), \(comeback)")
    }
    print("disk cuts: \(scenario.rawValue): \(calls + 1) cut points, \(lives) lives")
  }

  /// The same while the tokens are sealed, where they are written.
  @Test(arguments: [PowerCutScenario.link, .unlink, .erase])
  func everyCallCanBeTheLastWhileTokensAreSealed(scenario: PowerCutScenario) throws {
    let key = Secret(copying: [UInt8](repeating: 7, count: RecordSeal.keyLength))
    let seal = try #require(
      RecordSeal(key: key, source: "/run/key", random: ReplenishTestSupport.SeededRandom(7)))
    let calls = try DiskCuts.calls(scenario, seal: seal)
    var lives = 0
    for cut in 0...calls {
      let run = try DiskCuts(scenario, seal: seal) { $0.cutAfter = $0.calls + cut }
      let wrong = try run.verdicts(scenario, PowerReturn.allCases[cut % PowerReturn.allCases.count], lives: &lives)
      #expect(wrong.isEmpty, "\(scenario.rawValue), sealed, cut after call \(cut) of \(calls)")
      #expect(!run.disk.holds(Array("refresh_token".utf8)))
    }
    print("disk cuts, sealed: \(scenario.rawValue): \(calls + 1) cut points, \(lives) lives")
  }

  @Test(arguments: PowerCutScenario.allCases)
  func everyCallCanFail(scenario: PowerCutScenario) throws {
    let calls = try DiskCuts.calls(scenario)
    let failures: [ModelDisk.Failure] = [.error(5), .error(28), .error(4), .short]  // EIO, ENOSPC, EINTR
    for call in 1...calls {
      for failure in failures {
        let run = try DiskCuts(scenario) { $0.failures[$0.calls + call] = failure }
        let wrong = try run.goOn(scenario)
        #expect(wrong.isEmpty, "\(scenario.rawValue), call \(call) of \(calls) fails with \(failure)")
      }
    }
    print("failing calls: \(scenario.rawValue): \(calls * failures.count) failures")
  }

  /// The proof that the tests above can fail: without fsync they must find something wrong.
  @Test(arguments: [PowerCutScenario.press, .link, .guess])
  func withoutSyncSomethingIsWrong(scenario: PowerCutScenario) throws {
    var wrong: [String] = []
    var lives = 0
    for cut in 0...(try DiskCuts.calls(scenario)) {
      let run = try DiskCuts(scenario) {
        $0.ignoresEverySync = true
        $0.cutAfter = $0.calls + cut
      }
      wrong += try run.verdicts(scenario, .afterSixteenMinutes, lives: &lives)
    }
    #expect(!wrong.isEmpty)
  }
}
