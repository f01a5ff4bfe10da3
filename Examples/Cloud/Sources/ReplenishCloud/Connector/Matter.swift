import Foundation

/// A command in Matter's words. A number that is none is nil.
struct MatterCommand: Sendable {
  var endpoint: String
  var cluster: UInt32?
  var command: UInt32?
  var fields: [(name: String, value: Double?)]
}

/// The little of Matter that a device shows: the Identify cluster (Application Cluster Specification 1.2).
enum Matter {
  static let endpoint = "1"
  static let identifyCluster = "0x0003"
  static let identifyRevision = 4
  static let identifyTime = "0x0000"
  static let identifyCommand = "0x00"

  /// A number as managed integrations writes it: hexadecimal with `0x`, or decimal; nil when it is none.
  static func number(_ text: String) -> UInt32? {
    guard (1...24).contains(text.utf8.count) else { return nil }
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      let digits = text.dropFirst(2)
      return digits.allSatisfy(\.isHexDigit) ? UInt32(digits, radix: 16) : nil
    }
    return text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt32(text) : nil
  }

  /// What a command asks for; nil when it is not Identify, and nothing else is.
  static func identify(_ commands: [MatterCommand]) -> UInt16? {
    guard let command = commands.first, commands.count == 1, command.endpoint == endpoint,
      command.cluster == number(identifyCluster), command.command == number(identifyCommand),
      let field = command.fields.first, command.fields.count == 1, ConnectorPayload.isIdentifyTime(field.name)
    else { return nil }
    return field.value.flatMap { UInt16(exactly: $0) }
  }
}
