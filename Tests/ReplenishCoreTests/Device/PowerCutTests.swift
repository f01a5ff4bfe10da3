import ReplenishTestSupport
import Testing

/// The power goes at every step of every scenario, and returns in every way; see ``PowerCuts``.
@Suite struct PowerCutTests {
  @Test(arguments: PowerCutScenario.allCases)
  func nothingIsDoubledAndNothingHidden(scenario: PowerCutScenario) throws {
    let steps = try PowerCuts.steps(scenario)
    #expect(steps > 2)
    var lives = 0
    for cut in 0...steps {
      for comeback in PowerReturn.allCases {
        let wrong = try PowerCuts.cut(scenario, after: cut, comeback)
        #expect(wrong.isEmpty, "\(scenario.rawValue), cut \(cut), \(comeback)")
        lives += 1
      }
    }
    print("power cuts: \(scenario.rawValue): \(steps + 1) points, \(lives) lives")
  }
}
