import Foundation
import ReplenishCore

/// One file of `Tests/Vectors`. A missing file, a file without vectors or an unknown kind throws: nothing is skipped.
struct VectorFile: Decodable {
  let about: String
  let vectors: [Vector]

  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Vectors")

  struct Empty: Error { let name: String }

  static func decode<Contents: Decodable>(_ name: String, as type: Contents.Type) throws -> Contents {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(name + ".json")))
  }

  static func load(_ name: String) throws -> [Vector] {
    let vectors = try decode(name, as: VectorFile.self).vectors
    if vectors.isEmpty { throw Empty(name: name) }
    return vectors
  }

  /// The names of all files with a prefix, so that a test notices one that nobody reads.
  static func names(prefix: String) throws -> Set<String> {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return Set(files.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.map { String($0.dropLast(5)) })
  }
}

/// One vector; which members are there depends on its kind.
struct Vector: Decodable {
  /// The kinds that exist. Another one fails to decode, and with it the test.
  enum Kind: String, Decodable { case request, response, authorize, scopeData, redirect }

  let name: String
  let kind: Kind
  let operations: [String]?
  let inputs: [String: TestJSON]?
  let request: [String: TestJSON]?
  let authorize: [String: TestJSON]?
  let response: Response?
  let redirectURL: String?
  let scopeDataText: String?
  let expect: [String: TestJSON]?
  let acceptable: [String]?

  struct Missing: Error {
    let vector: String
    let member: String
  }

  struct Response: Decodable {
    struct Part: Decodable {
      let text: String
      let times: Int
    }
    let status: Int
    let headers: [String: String]
    let bodyText: String?
    let bodyHex: String?
    let bodyParts: [Part]?
  }

  func member<Value>(_ path: KeyPath<Vector, Value?>) throws -> Value {
    guard let value = self[keyPath: path] else { throw Missing(vector: name, member: "\(path)") }
    return value
  }

  func input(_ key: String) throws -> String {
    guard case .string(let text)? = inputs?[key] else { throw Missing(vector: name, member: key) }
    return text
  }

  func number(_ key: String) throws -> Double? {
    switch inputs?[key] {
    case .number(let number)?: return number
    case .null?: return nil
    default: throw Missing(vector: name, member: key)
    }
  }

  var expectedOutcome: String {
    get throws {
      guard case .string(let outcome)? = expect?["outcome"] else { throw Missing(vector: name, member: "outcome") }
      return outcome
    }
  }

  /// The answer as the transport would hand it over.
  func answer() throws -> HTTPAnswer {
    let response = try member(\.response)
    let body: [UInt8]
    if let text = response.bodyText {
      body = Array(text.utf8)
    } else if let hex = response.bodyHex {
      body = try VectorFile.bytes(hex: hex)
    } else if let parts = response.bodyParts {
      body = parts.flatMap { Array(String(repeating: $0.text, count: $0.times).utf8) }
    } else {
      throw Missing(vector: name, member: "body")
    }
    var headers: [String: String] = [:]
    for (key, value) in response.headers { headers[key.lowercased()] = value }
    return HTTPAnswer(
      status: response.status, contentType: headers["content-type"], errorType: headers["x-amzn-errortype"],
      requestID: headers["x-amzn-requestid"], retryAfter: headers["retry-after"].flatMap { Int($0) },
      body: Secret(copying: body))
  }
}

extension VectorFile {
  static func bytes(hex: String) throws -> [UInt8] {
    let digits = Array(hex)
    return try stride(from: 0, to: digits.count, by: 2).map { index in
      guard index + 1 < digits.count, let byte = UInt8(String(digits[index...index + 1]), radix: 16) else {
        throw Empty(name: "hexadecimal digits")
      }
      return byte
    }
  }
}

/// Any JSON value, compared by value.
enum TestJSON: Decodable, Hashable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([TestJSON])
  case object([String: TestJSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([TestJSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: TestJSON].self))
    }
  }

  static func parse(_ text: String) throws -> TestJSON {
    try JSONDecoder().decode(TestJSON.self, from: Data(text.utf8))
  }

  static func text(_ text: String?) -> TestJSON { text.map { .string($0) } ?? .null }

  /// The value with some strings replaced, at any depth.
  func replacing(_ words: [String: String]) -> TestJSON {
    switch self {
    case .string(let text): return .string(words[text] ?? text)
    case .array(let elements): return .array(elements.map { $0.replacing(words) })
    case .object(let members): return .object(members.mapValues { $0.replacing(words) })
    default: return self
    }
  }

  var strings: [String]? {
    guard case .array(let elements) = self else { return nil }
    return elements.compactMap { if case .string(let text) = $0 { return text } else { return nil } }
  }

  var object: [String: TestJSON]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}

extension Secret {
  /// The bytes as text, for tests only.
  var shownForTest: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
