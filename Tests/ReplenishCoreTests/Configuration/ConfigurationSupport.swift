import Foundation

@testable import ReplenishCore

/// The smallest configuration that is taken.
let smallestConfiguration = """
  [device]
  model = DashButton-1
  [slot paper]
  slot-id = PaperTowel
  """

func parse(_ text: String) throws -> DaemonConfiguration {
  try DaemonConfiguration.parse(Array(text.utf8), file: "test.conf")
}

/// The mistakes of a text; empty if it is taken.
func mistakes(_ text: String) -> [ConfigurationMistake] {
  do throws(ConfigurationMistakes) {
    _ = try DaemonConfiguration.parse(Array(text.utf8), file: "test.conf")
    return []
  } catch {
    return error.list
  }
}

/// The example that is installed with the daemon.
func exampleConfiguration() throws -> String {
  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  return try String(contentsOf: root.appending(path: "Examples/DashButton/dash-button.conf"), encoding: .utf8)
}

/// Random numbers that a failing test can repeat (xorshift64*).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
