import Testing

@testable import ReplenishCore

/// Properties over many random files; a seed names each, so that a failure can be repeated.
@Suite struct ConfigurationPropertyTests {
  @Test func endsOnRandomBytes() {
    for seed in 0..<2000 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(holds(bytes), "seed \(seed)")
    }
  }

  @Test func endsOnTheMutatedExample() throws {
    let example = Array(try exampleConfiguration().utf8)
    for seed in 0..<2000 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      var bytes = example
      for _ in 0..<Int.random(in: 1...20, using: &random) { mutate(&bytes, &random) }
      #expect(holds(bytes), "seed \(seed)")
    }
  }

  /// Whatever is written with whatever spaces, comments and order of sections reads the same.
  @Test func readsWhatWasWritten() throws {
    for seed in 0..<500 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let minutes = Int.random(in: 1...10, using: &random)
      let hours = Int.random(in: 1...168, using: &random)
      let isTest = Bool.random(using: &random)
      let lines = (0..<Int.random(in: 1...16, using: &random)).map { _ in Int.random(in: 0...1023, using: &random) }
      let used = Array(Set(lines)).sorted()
      var sections = [
        ["[device]", "model = DashButton-1"], ["[setup]", "window-minutes = \(minutes)"],
        ["[amazon]", "test-device = \(isTest ? "yes" : "no")"], ["[orders]", "press-life-hours = \(hours)"],
      ]
      sections.shuffle(using: &random)
      sections += used.map { ["[slot s\($0)]", "slot-id = id-\($0)", "button = gpio gpiochip0 \($0)"] }
      let configuration = try parse(text(of: sections, &random))
      #expect(configuration.setup.windowMinutes == minutes, "seed \(seed)")
      #expect(configuration.orders.pressLifeHours == hours, "seed \(seed)")
      #expect(configuration.amazon.isTestDevice == isTest, "seed \(seed)")
      #expect(configuration.slots.map(\.name) == used.map { "s\($0)" }, "seed \(seed)")
      let buttons = used.map {
        DaemonConfiguration.Button.gpio(.init(chip: "/dev/gpiochip0", line: $0), activeLow: true)
      }
      #expect(configuration.slots.map(\.button) == buttons, "seed \(seed)")
    }
  }

  /// Either it is taken within the bounds, or there is a list of mistakes, each whole and printable.
  private func holds(_ bytes: [UInt8]) -> Bool {
    do throws(ConfigurationMistakes) {
      let configuration = try DaemonConfiguration.parse(bytes, file: "f")
      return (1...16).contains(configuration.slots.count) && (1...10).contains(configuration.setup.windowMinutes)
        && !configuration.device.serialSources.isEmpty
    } catch {
      return !error.list.isEmpty && error.list.count <= ConfigurationMistakes.limit
        && error.list.allSatisfy { mistake in
          !mistake.problem.isEmpty && !mistake.remedy.isEmpty && mistake.line >= 0
            && mistake.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F }
        }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let index = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes.remove(at: index)
    case 2: bytes.insert("[]=# \n\t/:".utf8.randomElement(using: &random) ?? 0, at: index)
    case 3: bytes.removeSubrange(index..<min(bytes.count, index + 40))
    default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 40)], at: index)
    }
    if bytes.isEmpty { bytes = [0x5B] }
  }

  private func text(of sections: [[String]], _ random: inout SeededGenerator) -> String {
    var text = ""
    for line in sections.joined() {
      text += ["", "  ", "\t"].randomElement(using: &random) ?? ""
      text += line.replacing(" = ", with: [" = ", "=", "\t =  "].randomElement(using: &random) ?? "=")
      text += ["", " # note = x", "\r", "\n\n# [log]"].randomElement(using: &random) ?? ""
      text += "\n"
    }
    return text
  }
}
