import ReplenishCore
import ReplenishLinux

/// The power goes inside the writing of records, at every call of storage; and every call fails once.
///
/// After a cut each change that was not synced may or may not have happened: all subsets while they are few.
package struct DiskCuts {
  /// How it went.
  package let life: Life
  /// The disk at its end.
  package let disk: ModelDisk
  /// The failed guesses before.
  package let guesses: Int
  private let seal: RecordSeal?

  /// Prepares a scenario, arms the disk and runs it to its end or its cut; with a seal, tokens are stored sealed.
  package init(
    _ scenario: PowerCutScenario, seal: RecordSeal? = nil, arm: (ModelDisk) -> Void
  ) throws(VectorFault) {
    let disk = ModelDisk()
    self.seal = seal
    let life = DeviceFixture.life(try DiskCuts.storage(disk, seal))
    try PowerCuts.powered { () throws(PowerLost) in try scenario.prepare(life) }
    guesses = life.status.guesses.failed
    arm(disk)
    do throws(PowerLost) { try scenario.run(life) } catch {}
    self.disk = disk
    self.life = life
  }

  /// The calls that a scenario makes if nothing happens.
  package static func calls(_ scenario: PowerCutScenario, seal: RecordSeal? = nil) throws(VectorFault) -> Int {
    var before = 0
    let run = try DiskCuts(scenario, seal: seal) { before = $0.calls }
    return run.disk.calls - before
  }

  /// What is wrong on each of the disks that the cut may have left.
  package func verdicts(
    _ scenario: PowerCutScenario, _ comeback: PowerReturn, limit: Int = 32, lives: inout Int
  ) throws(VectorFault) -> [String] {
    var wrong: [String] = []
    for survivor in disk.survivors(limit: limit) {
      lives += 1
      let next = life.restarted(
        seed: 2, clock: comeback.clock(after: life), storage: try DiskCuts.storage(survivor, seal),
        amazon: life.amazon.copy())
      wrong += try PowerCuts.powered { () throws(PowerLost) in try PowerCutVerdict.comeBack(life, next, comeback) }
      wrong += PowerCutVerdict.check(scenario, life, next, guessesBefore: guesses)
    }
    return wrong
  }

  /// Goes on after a call that failed, first by itself and then after a restart, and tells what is wrong.
  package func goOn(_ scenario: PowerCutScenario) throws(VectorFault) -> [String] {
    try PowerCuts.powered { () throws(PowerLost) in try life.pass(2 * 86_400_000) }
    var wrong = PowerCutVerdict.check(scenario, life, life, guessesBefore: guesses)
    let next = life.restarted(
      seed: 2, storage: try DiskCuts.storage(disk.afterCrash(), seal), amazon: life.amazon.copy())
    try PowerCuts.powered { () throws(PowerLost) in
      try next.start()
      try next.pass(2 * 86_400_000)
    }
    wrong += PowerCutVerdict.check(scenario, life, next, guessesBefore: guesses)
    return wrong
  }

  /// A small share of it, for the processor of a board: a cut after every `every`th call, a few of the disks it may leave,
  /// the ways to come back taking turns.
  package static func checks(_ scenarios: [PowerCutScenario], every: Int) -> [Check] {
    scenarios.map { scenario in
      Check("disk cut: \(scenario.rawValue)") { (findings) throws(VectorFault) in
        let calls = try calls(scenario)
        findings.expect(calls > 5, "the scenario stores nothing")
        var lives = 0
        for (turn, call) in stride(from: 0, through: calls, by: every).enumerated() {
          let run = try DiskCuts(scenario) { $0.cutAfter = $0.calls + call }
          let comeback = PowerReturn.allCases[turn % PowerReturn.allCases.count]
          let wrong = try run.verdicts(scenario, comeback, limit: 4, lives: &lives)
          findings.expect(
            wrong.isEmpty, "cut after call \(call), \(comeback.rawValue): \(wrong.joined(separator: "; "))")
        }
      }
    }
  }

  private static func storage(_ disk: ModelDisk, _ seal: RecordSeal?) throws(VectorFault) -> DiskStorage {
    do throws(StorageError) { return try DiskStorage(disk, seal: seal) } catch { throw VectorFault(error.text) }
  }
}
