/// Any JSON value, compared by value.
package enum TestJSON: Hashable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([TestJSON])
  case object([String: TestJSON])

  package static func text(_ text: String?) -> TestJSON { text.map { .string($0) } ?? .null }

  /// The value with some strings replaced, at any depth.
  package func replacing(_ words: [String: String]) -> TestJSON {
    switch self {
    case .string(let text): return .string(words[text] ?? text)
    case .array(let elements): return .array(elements.map { $0.replacing(words) })
    case .object(let members): return .object(members.mapValues { $0.replacing(words) })
    default: return self
    }
  }

  package var elements: [TestJSON]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  package var strings: [String]? {
    guard let elements else { return nil }
    var strings: [String] = []
    for element in elements {
      if let text = element.string { strings.append(text) }
    }
    return strings
  }

  package var object: [String: TestJSON]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  package var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  package var double: Double? {
    guard case .number(let number) = self else { return nil }
    return number
  }

  package subscript(_ name: String) -> TestJSON? { object?[name] }
}
