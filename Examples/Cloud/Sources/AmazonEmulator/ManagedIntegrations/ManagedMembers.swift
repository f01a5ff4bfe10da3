/// The members of a request, checked one by one; the first mistake is thrown with the member's name.
struct ManagedMembers {
  let values: [String: JSONValue]
  /// Where they are, for the message: empty at the top.
  var path = ""

  /// A text that may be left out.
  func text(_ name: String, _ rule: TextRule) throws -> String? {
    guard let value = value(name) else { return nil }
    guard let text = value.text else { throw wrong(name, "must be a string") }
    if let problem = rule.problem(text) { throw wrong(name, problem) }
    return text
  }

  /// A text that must be there.
  func need(_ name: String, _ rule: TextRule) throws -> String {
    guard let text = try text(name, rule) else { throw missing(name) }
    return text
  }

  /// One of some words.
  func word(_ name: String, _ words: [String]) throws -> String? {
    guard let text = try text(name, .anything) else { return nil }
    guard words.contains(text) else { throw wrong(name, "must be one of \(words.joined(separator: ", "))") }
    return text
  }

  /// A whole number within a range.
  func whole(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
    guard let value = value(name) else { return nil }
    guard let number = value.number.flatMap({ Int(exactly: $0) }) else { throw wrong(name, "must be a whole number") }
    guard range.contains(number) else {
      throw wrong(name, "must be from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// `true` or `false`.
  func flag(_ name: String) throws -> Bool? {
    guard let value = value(name) else { return nil }
    guard case .bool(let flag) = value else { throw wrong(name, "must be true or false") }
    return flag
  }

  /// A structure.
  func structure(_ name: String) throws -> ManagedMembers? {
    guard let value = value(name) else { return nil }
    guard let members = value.members else { throw wrong(name, "must be an object") }
    return ManagedMembers(values: members, path: place(name))
  }

  /// A list of structures, of so many at least and at most.
  func structures(_ name: String, _ count: ClosedRange<Int>) throws -> [ManagedMembers]? {
    guard let elements = try list(name, count) else { return nil }
    var found: [ManagedMembers] = []
    for (index, element) in elements.enumerated() {
      guard let members = element.members else { throw wrong("\(name)[\(index)]", "must be an object") }
      found.append(ManagedMembers(values: members, path: place("\(name)[\(index)]")))
    }
    return found
  }

  /// A list of texts.
  func texts(_ name: String, _ count: ClosedRange<Int>, _ rule: TextRule) throws -> [String]? {
    guard let elements = try list(name, count) else { return nil }
    var found: [String] = []
    for (index, element) in elements.enumerated() {
      guard let text = element.text else { throw wrong("\(name)[\(index)]", "must be a string") }
      if let problem = rule.problem(text) { throw wrong("\(name)[\(index)]", problem) }
      found.append(text)
    }
    return found
  }

  /// A map of texts.
  func map(
    _ name: String, _ count: ClosedRange<Int>, keys: TextRule, values: TextRule
  ) throws -> [String: String]? {
    guard let value = value(name) else { return nil }
    guard let members = value.members else { throw wrong(name, "must be an object") }
    guard count.contains(members.count) else { throw wrong(name, Self.size(count)) }
    var found: [String: String] = [:]
    for (key, element) in members {
      guard let text = element.text else { throw wrong(name, "must hold strings") }
      if let problem = keys.problem(key) ?? values.problem(text) { throw wrong(name, problem) }
      found[key] = text
    }
    return found
  }

  private func list(_ name: String, _ count: ClosedRange<Int>) throws -> [JSONValue]? {
    guard let value = value(name) else { return nil }
    guard let elements = value.elements else { throw wrong(name, "must be a list") }
    guard count.contains(elements.count) else { throw wrong(name, Self.size(count)) }
    return elements
  }

  private static func size(_ count: ClosedRange<Int>) -> String {
    "must have \(count.lowerBound) to \(count.upperBound) elements"
  }

  private func value(_ name: String) -> JSONValue? {
    guard let value = values[name], value != .null else { return nil }
    return value
  }

  func missing(_ name: String) -> ManagedError { .validation("\(place(name)) is missing.") }

  func wrong(_ name: String, _ problem: String) -> ManagedError { .validation("\(place(name)) \(problem).") }

  private func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
