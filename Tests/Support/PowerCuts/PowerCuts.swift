import ReplenishCore
import ReplenishLinux

/// The power goes at every step a device takes towards the world: each record, request, light and answer.
///
/// Here a record is written whole or not at all; ``DiskCuts`` cuts inside the writing.
package enum PowerCuts {
  /// How many steps a scenario takes if nothing happens.
  package static func steps(_ scenario: PowerCutScenario) throws(VectorFault) -> Int {
    try powered { () throws(PowerLost) in
      let whole = try begun(scenario)
      let before = whole.steps
      try scenario.run(whole)
      return whole.steps - before
    }
  }

  /// Cuts after so many steps, and tells what is wrong after the power has returned.
  package static func cut(
    _ scenario: PowerCutScenario, after step: Int, _ comeback: PowerReturn
  ) throws(VectorFault) -> [String] {
    try powered { () throws(PowerLost) in
      let life = try begun(scenario)
      let guesses = life.status.guesses.failed
      life.stepsLeft = step
      do throws(PowerLost) { try scenario.run(life) } catch {}
      let next = life.restarted(seed: 2, clock: comeback.clock(after: life))
      return try PowerCutVerdict.comeBack(life, next, comeback)
        + PowerCutVerdict.check(scenario, life, next, guessesBefore: guesses)
    }
  }

  /// A small share of it, for the processor of a board: each scenario with a cut after every `every`th step and after its
  /// last, the ways to come back taking turns.
  package static func checks(every: Int) -> [Check] {
    PowerCutScenario.allCases.map { scenario in
      Check("power cut: \(scenario.rawValue)") { (findings) throws(VectorFault) in
        let steps = try steps(scenario)
        findings.expect(steps > 2, "the scenario takes no steps")
        for (turn, step) in (Array(stride(from: 0, to: steps, by: every)) + [steps]).enumerated() {
          let comeback = PowerReturn.allCases[turn % PowerReturn.allCases.count]
          let wrong = try cut(scenario, after: step, comeback)
          findings.expect(
            wrong.isEmpty, "cut after step \(step), \(comeback.rawValue): \(wrong.joined(separator: "; "))")
        }
      }
    }
  }

  private static func begun(_ scenario: PowerCutScenario) throws(PowerLost) -> Life {
    let life = DeviceFixture.life()
    try scenario.prepare(life)
    return life
  }

  /// Where the power is not cut it must not go.
  static func powered<Result>(_ body: () throws(PowerLost) -> Result) throws(VectorFault) -> Result {
    do throws(PowerLost) { return try body() } catch { throw VectorFault("the power went where it was not cut") }
  }
}
