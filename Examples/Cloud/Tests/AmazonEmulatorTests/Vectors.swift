import Foundation
import Testing

/// The typed data that both ends are checked against, in Tests/Vectors at the top of the repository.
enum Vectors {
  /// Where the vectors are; nil when this package was copied out of the repository.
  static let folder: URL? = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<5 { folder.deleteLastPathComponent() }
    folder.append(path: "Tests/Vectors")
    if let named = ProcessInfo.processInfo.environment["REPLENISH_VECTORS"] {
      folder = URL(fileURLWithPath: named)
    }
    return FileManager.default.fileExists(atPath: folder.path + "/README.md") ? folder : nil
  }()

  /// Every vector of one kind in the files whose names begin so.
  static func load(_ prefix: String, kind: String) throws -> [Vector] {
    guard let folder else { return [] }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return try names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.flatMap { name in
      let data = try Data(contentsOf: folder.appending(path: name))
      return try JSONDecoder().decode(File.self, from: data).vectors.compactMap { members -> Vector? in
        guard members["kind"]?.text == kind else { return nil }
        return Vector(file: name, members: members)
      }
    }
  }

  private struct File: Decodable {
    var vectors: [JSON]
  }
}

/// One vector.
struct Vector: Sendable, CustomTestStringConvertible {
  var file: String
  var members: JSON

  var name: String { members["name"]?.text ?? "" }
  var testDescription: String { "\(file): \(name)" }

  subscript(key: String) -> JSON? { members[key] }
}

/// Any JSON value.
enum JSON: Decodable, Equatable, Sendable {
  case null
  case flag(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  static func parse(_ text: String) -> JSON? {
    try? JSONDecoder().decode(JSON.self, from: Data(text.utf8))
  }

  subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var flag: Bool? {
    if case .flag(let flag) = self { flag } else { nil }
  }

  var number: Double? {
    if case .number(let number) = self { number } else { nil }
  }

  var object: [String: JSON] {
    if case .object(let members) = self { members } else { [:] }
  }

  var array: [JSON] {
    if case .array(let values) = self { values } else { [] }
  }

  /// The value as JSON text.
  var encoded: String {
    switch self {
    case .null: "null"
    case .flag(let flag): "\(flag)"
    case .number(let number): "\(number)"
    case .string(let text): Self.quoted(text)
    case .array(let values): "[" + values.map(\.encoded).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { JSON.string($0.key).encoded + ":" + $0.value.encoded }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: (try? encoder.encode(text)) ?? Data(), as: UTF8.self)
  }

  /// Its keys and types without its values; `names` are objects whose keys are data, not field names.
  func shape(names: Set<String> = ["slotsSubscriptionStatus"]) -> String {
    switch self {
    case .null: "null"
    case .flag: "flag"
    case .number: "number"
    case .string: "string"
    case .array(let values): "[" + Set(values.map { $0.shape(names: names) }).sorted().joined(separator: "|") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }.map { key, value in
          let isMap = names.contains(key)
          let inner = isMap ? JSON.array(Array(value.object.values)).shape(names: names) : value.shape(names: names)
          return key + ":" + inner
        }.joined(separator: ",") + "}"
    }
  }
}
