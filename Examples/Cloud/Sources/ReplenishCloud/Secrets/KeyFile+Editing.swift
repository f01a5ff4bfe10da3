import Foundation
import OwnerOnlyFiles

/// The steps of a rotation, as changes of the file: the whole new file takes the place of the old one, or nothing does.
extension KeyFile {
  /// Adds a new key behind the others: it opens, and does not seal yet.
  public static func add(path: String) throws -> Key {
    let key = draw()
    try edit(path) { lines, _ in lines.append(key.line) }
    return key
  }

  /// Makes a key the first one, which seals.
  public static func makeFirst(_ id: String, path: String) throws {
    try edit(path) { lines, index in
      let line = lines.remove(at: try index(id))
      let first = lines.firstIndex { Self.id(of: $0) != nil } ?? lines.endIndex
      lines.insert(line, at: first)
    }
  }

  /// Takes a key out; not the first one.
  public static func remove(_ id: String, path: String) throws {
    guard try KeyFile(path: path).keys[0].id != id else {
      throw Failure(description: "\(path): \(id) is the key that seals; put another one first with: key first")
    }
    try edit(path) { lines, index in lines.remove(at: try index(id)) }
  }

  private static func edit(
    _ path: String, _ change: (inout [String], (String) throws -> Int) throws -> Void
  ) throws {
    let file = try KeyFile(path: path)
    let text = try PrivateFile.read(path, what: "key file", hint: "make one with: replenish-cloud key \(path)")
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while lines.last?.isEmpty == true { lines.removeLast() }
    let before = lines
    try change(&lines) { id in
      guard let index = before.firstIndex(where: { Self.id(of: $0) == id }) else {
        let names = file.keys.map(\.id).joined(separator: ", ")
        throw Failure(description: "\(path) has no key \(id); its keys are \(names).")
      }
      return index
    }
    try PrivateFile.replace(path, lines.joined(separator: "\n") + "\n", what: "key file")
  }

  /// The name of the key in a line; nil for a remark.
  private static func id(of line: String) -> String? {
    let line = line.trimmingCharacters(in: .whitespaces)
    return line.isEmpty || line.hasPrefix("#") ? nil : line.split(separator: " ").first.map(String.init)
  }
}
