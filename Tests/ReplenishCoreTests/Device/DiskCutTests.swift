import ReplenishLinux
import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// The power goes inside the writing of records, at every call of storage; and every call fails once.
///
/// After a cut each change that was not synced may or may not have happened: all subsets while they are few.
@Suite struct DiskCutTests {
  /// How one life on a model disk went.
  private struct Run {
    let life: Life
    let disk: ModelDisk
    let guesses: Int
    let seal: RecordSeal?

    /// Prepares a scenario, arms the disk and runs it to its end or its cut.
    init(_ scenario: PowerCutScenario, seal: RecordSeal? = nil, arm: (ModelDisk) -> Void) throws {
      disk = ModelDisk()
      self.seal = seal
      life = try DeviceFixture.life(try DiskStorage(disk, seal: seal))
      try scenario.prepare(life)
      guesses = life.status.guesses.failed
      arm(disk)
      do throws(PowerLost) { try scenario.run(life) } catch {}
    }

    /// The calls that the scenario makes if nothing happens.
    static func calls(_ scenario: PowerCutScenario) throws -> Int {
      var before = 0
      let run = try Run(scenario) { before = $0.calls }
      return run.disk.calls - before
    }

    /// What is wrong on each of the disks that the cut may have left.
    func verdicts(_ scenario: PowerCutScenario, _ comeback: PowerReturn, lives: inout Int) throws -> [String] {
      var wrong: [String] = []
      for survivor in disk.survivors(limit: 32) {
        lives += 1
        let next = try life.restarted(
          seed: 2, clock: comeback.clock(after: life), storage: try DiskStorage(survivor, seal: seal),
          amazon: life.amazon.copy())
        wrong += try PowerCutVerdict.comeBack(life, next, comeback)
        wrong += PowerCutVerdict.check(scenario, life, next, guessesBefore: guesses)
      }
      return wrong
    }
  }

  @Test(arguments: PowerCutScenario.allCases)
  func everyCallCanBeTheLast(scenario: PowerCutScenario) throws {
    let calls = try Run.calls(scenario)
    #expect(calls > 5)
    var lives = 0
    for cut in 0...calls {
      let run = try Run(scenario) { $0.cutAfter = $0.calls + cut }
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
    let calls = try Run.calls(scenario)
    var lives = 0
    for cut in 0...calls {
      let run = try Run(scenario, seal: seal) { $0.cutAfter = $0.calls + cut }
      let wrong = try run.verdicts(scenario, PowerReturn.allCases[cut % PowerReturn.allCases.count], lives: &lives)
      #expect(wrong.isEmpty, "\(scenario.rawValue), sealed, cut after call \(cut) of \(calls)")
      #expect(!run.disk.holds(Array("refresh_token".utf8)))
    }
    print("disk cuts, sealed: \(scenario.rawValue): \(calls + 1) cut points, \(lives) lives")
  }

  @Test(arguments: PowerCutScenario.allCases)
  func everyCallCanFail(scenario: PowerCutScenario) throws {
    let calls = try Run.calls(scenario)
    let failures: [ModelDisk.Failure] = [.error(5), .error(28), .error(4), .short]  // EIO, ENOSPC, EINTR
    for call in 1...calls {
      for failure in failures {
        let run = try Run(scenario) { $0.failures[$0.calls + call] = failure }
        // It goes on by itself …
        try run.life.pass(2 * 86_400_000)
        var wrong = PowerCutVerdict.check(scenario, run.life, run.life, guessesBefore: run.guesses)
        // … and after a restart.
        let next = try run.life.restarted(
          seed: 2, storage: try DiskStorage(run.disk.afterCrash()), amazon: run.life.amazon.copy())
        try next.start()
        try next.pass(2 * 86_400_000)
        wrong += PowerCutVerdict.check(scenario, run.life, next, guessesBefore: run.guesses)
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
    for cut in 0...(try Run.calls(scenario)) {
      let run = try Run(scenario) {
        $0.ignoresEverySync = true
        $0.cutAfter = $0.calls + cut
      }
      wrong += try run.verdicts(scenario, .afterSixteenMinutes, lives: &lives)
    }
    #expect(!wrong.isEmpty)
  }
}
