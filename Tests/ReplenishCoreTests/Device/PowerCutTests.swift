import ReplenishTestSupport
import Testing

@testable import ReplenishCore

/// The power goes at every step a device takes towards the world: each record, request, light and answer.
///
/// Here a record is written whole or not at all; ``DiskCutTests`` cuts inside the writing.
@Suite struct PowerCutTests {
  @Test(arguments: PowerCutScenario.allCases)
  func nothingIsDoubledAndNothingHidden(scenario: PowerCutScenario) throws {
    let whole = try DeviceFixture.life()
    try scenario.prepare(whole)
    let before = whole.steps
    try scenario.run(whole)
    let steps = whole.steps - before
    #expect(steps > 2)
    var lives = 0
    for cut in 0...steps {
      for comeback in PowerReturn.allCases {
        let wrong = try cutAndReturn(scenario, cut, comeback)
        #expect(wrong.isEmpty, "\(scenario.rawValue), cut \(cut), \(comeback)")
        lives += 1
      }
    }
    print("power cuts: \(scenario.rawValue): \(steps + 1) points, \(lives) lives")
  }

  private func cutAndReturn(_ scenario: PowerCutScenario, _ cut: Int, _ comeback: PowerReturn) throws -> [String] {
    let life = try DeviceFixture.life()
    try scenario.prepare(life)
    let guesses = life.status.guesses.failed
    life.stepsLeft = cut
    do throws(PowerLost) { try scenario.run(life) } catch {}
    let next = try life.restarted(seed: 2, clock: comeback.clock(after: life))
    return try PowerCutVerdict.comeBack(life, next, comeback)
      + PowerCutVerdict.check(scenario, life, next, guessesBefore: guesses)
  }
}
