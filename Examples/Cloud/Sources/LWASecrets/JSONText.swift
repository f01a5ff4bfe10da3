import Foundation

/// A change of one text in a JSON document that leaves every other byte as it is: members this program does not know, their
/// order, numbers of any size, and a human's layout.
enum JSONText {
  /// A document in which the place is not what was expected.
  struct Mismatch: Error {}

  /// Puts a text in the place of another one.
  ///
  /// - Parameters:
  ///   - document: A JSON object.
  ///   - path: The names that lead to the text.
  ///   - value: The new text.
  static func replacing(in document: String, at path: [String], with value: String) throws -> String {
    var scanner = Scanner(Array(document.utf8))
    guard let range = try scanner.find(path[...]) else { throw Mismatch() }
    let quoted = try JSONSerialization.data(
      withJSONObject: value, options: [.fragmentsAllowed, .withoutEscapingSlashes])
    let bytes = scanner.bytes[..<range.lowerBound] + Array(quoted) + scanner.bytes[range.upperBound...]
    let result = String(decoding: bytes, as: UTF8.self)
    // A second reader must see the same change, and no other one.
    guard var before = Self.object(document), var after = Self.object(result), Self.take(path, from: &after) == value,
      Self.take(path, from: &before) != nil, try Self.sorted(before) == Self.sorted(after)
    else { throw Mismatch() }
    return result
  }

  private static func object(_ text: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
  }

  private static func sorted(_ members: [String: Any]) throws -> Data {
    try JSONSerialization.data(withJSONObject: members, options: .sortedKeys)
  }

  /// Removes the text at a path.
  private static func take(_ path: [String], from members: inout [String: Any]) -> String? {
    guard let first = path.first else { return nil }
    if path.count == 1 { return members.removeValue(forKey: first) as? String }
    guard var inner = members[first] as? [String: Any] else { return nil }
    defer { members[first] = inner }
    return take(Array(path.dropFirst()), from: &inner)
  }

  /// Walks a document that the JSON parser accepts.
  private struct Scanner {
    let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Where the value at a path stands; nil where there is none. A name that is there twice is a mistake.
    mutating func find(_ path: ArraySlice<String>) throws -> Range<Int>? {
      guard let name = path.first else {
        let start = place
        guard peek() == UInt8(ascii: "\"") else { throw Mismatch() }
        try skipValue()
        return start..<place
      }
      guard peek() == UInt8(ascii: "{") else { throw Mismatch() }
      place += 1
      var found: Range<Int>?
      while peek() == UInt8(ascii: "\"") || peek() == UInt8(ascii: ",") {
        if peek() == UInt8(ascii: ",") { place += 1 }
        skipSpace()
        let start = place
        try skipValue()
        let key = try JSONSerialization.jsonObject(with: Data(bytes[start..<place]), options: .fragmentsAllowed)
        guard peek() == UInt8(ascii: ":") else { throw Mismatch() }
        place += 1
        skipSpace()
        if key as? String == name {
          guard found == nil, let range = try find(path.dropFirst()) else { throw Mismatch() }
          found = range
        } else {
          try skipValue()
        }
      }
      guard peek() == UInt8(ascii: "}") else { throw Mismatch() }
      place += 1
      return found
    }

    private mutating func skipSpace() {
      while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    }

    private mutating func peek() -> UInt8 {
      skipSpace()
      return place < bytes.count ? bytes[place] : 0
    }

    private mutating func skipValue() throws {
      switch peek() {
      case UInt8(ascii: "\""):
        place += 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
          place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard place < bytes.count else { throw Mismatch() }
        place += 1
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        place += 1
        while true {
          let next = peek()
          if next == UInt8(ascii: "}") || next == UInt8(ascii: "]") { break }
          guard next != 0 else { throw Mismatch() }
          if next == UInt8(ascii: ",") || next == UInt8(ascii: ":") { place += 1 } else { try skipValue() }
        }
        place += 1
      default:
        let start = place
        while place < bytes.count, !",:]} \t\r\n".utf8.contains(bytes[place]) { place += 1 }
        guard place > start else { throw Mismatch() }
      }
    }
  }
}
