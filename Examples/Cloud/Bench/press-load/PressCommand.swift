import ArgumentParser
import Foundation

/// Each device presses so many slots, a bounded number at once.
struct PressCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "press", abstract: "Every device presses; writes how long it took, as JSON.")

  @OptionGroup var options: FleetOptions

  @Option(help: "The number of the first slot: slot7.")
  var firstSlot: Int

  @Option(help: "How many slots each device presses, once each.")
  var slots: Int

  @Option(help: "How many presses are under way at once.")
  var atOnce = 16

  @Flag(help: "A new connection for each press, instead of one that is held.")
  var handshakes = false

  @Flag(help: "Send each press to every port at the same time, instead of each device to one of them.")
  var toAll = false

  func run() async throws {
    let fleet = try Fleet(options)
    let shares = min(atOnce, fleet.contexts.count)
    let fingers = (0..<shares).map { share in
      Finger(
        devices: stride(from: share, to: fleet.contexts.count, by: shares).map { ($0, fleet.contexts[$0]) },
        ports: options.port, slots: firstSlot..<firstSlot + slots, handshakes: handshakes, toAll: toAll)
    }
    let ready = try await withThrowingTaskGroup(of: Finger.self) { group in
      for finger in fingers { group.addTask { try await finger.prepared() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let clock = ContinuousClock()
    let began = clock.now
    let counted = try await withThrowingTaskGroup(of: [PressCount].self) { group in
      for finger in ready { group.addTask { try await finger.press() } }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let seconds = (clock.now - began) / .seconds(1)
    let result = PressResult(counted, seconds: seconds)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(result), as: UTF8.self))
  }
}

/// One press as it was answered.
struct PressCount: Sendable {
  var milliseconds: Double
  var state: String
}

/// What is written in the end.
struct PressResult: Encodable {
  var presses: Int
  var seconds: Double
  var milliseconds: [Double]
  /// How many presses were answered in which way.
  var states: [String: Int]

  init(_ counted: [PressCount], seconds: Double) {
    presses = counted.count
    self.seconds = seconds
    milliseconds = counted.map(\.milliseconds)
    states = counted.reduce(into: [:]) { $0[$1.state, default: 0] += 1 }
  }
}
