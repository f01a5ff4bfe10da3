import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct SetupCodeTests {
  @Test func readsWhatPeopleType() throws {
    for typed in ["48205193", "4820-5193", "4820 5193", " 48 20-51 93 "] {
      #expect(try SetupCode(Secret(copying: typed)).digits.disclosed == Array("48205193".utf8))
    }
    #expect(throws: SetupCode.Fault.wrongLength(7)) { try SetupCode(Secret(copying: "4820519")) }
    #expect(throws: SetupCode.Fault.wrongLength(0)) { try SetupCode(Secret(copying: "")) }
    #expect(throws: SetupCode.Fault.notADigit) { try SetupCode(Secret(copying: "4820519x")) }
    #expect(throws: SetupCode.Fault.notADigit) { try SetupCode(Secret(copying: "４８２０５１９３")) }
  }

  @Test(arguments: ["00000000", "77777777", "12345678", "87654321", "78901234", "32109876", "12121212", "48204820"])
  func refusesPatterns(_ digits: String) {
    #expect(throws: SetupCode.Fault.patterned) { try SetupCode(Secret(copying: digits)) }
  }

  @Test func drawsUniformly() throws {
    let random = SeededRandom(7)
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 10), count: 8)
    let draws = 20_000
    for _ in 0..<draws {
      let code = try #require(SetupCode(random: random))
      for (place, digit) in code.digits.disclosed.enumerated() { counts[place][Int(digit) - 48] += 1 }
    }
    // Chi-squared with 9 degrees of freedom is above 33.7 once in ten thousand; the seed is fixed.
    for place in counts {
      let expected = Double(draws) / 10
      let chiSquared = place.map { (Double($0) - expected) * (Double($0) - expected) / expected }.reduce(0, +)
      #expect(chiSquared < 33.7)
    }
  }

  @Test func drawsAgainAboveTheLastMultiple() throws {
    // 4 294 967 295 is above 42 * 10^8 and would make low codes likelier; the next draw stands.
    let code = try #require(SetupCode(random: FixedRandom([255, 255, 255, 255] + [0x89, 0x8D, 0xDF, 0x02])))
    #expect(code.label.disclosed == Array("4820-5193".utf8))
    #expect(SetupCode(random: FixedRandom([255, 255, 255, 255])) == nil)
  }

  @Test func isNotPrinted() throws {
    let code = try SetupCode(Secret(copying: "48205193"))
    var dumped = ""
    dump(code, to: &dumped)
    #expect(!dumped.contains("48205193") && !"\(code)".contains("48205193"))
  }
}
