import Foundation

/// What the tests of this package are called, for the tables that name them.
enum TestNames {
  static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

  /// The words of every test that is not switched off, by its file's name.
  static func byFile() throws -> [String: Set<String>] {
    let folder = package.appending(path: "Tests")
    var found: [String: Set<String>] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".swift") {
      let file = folder.appending(path: path)
      let text = try String(contentsOf: file, encoding: .utf8)
      for test in text.matches(of: /@Test\(\s*"((?:[^"\\]|\\.)*)"(\s*,\s*\.disabled)?/) where test.output.2 == nil {
        found[file.deletingPathExtension().lastPathComponent, default: []].insert(String(test.output.1))
      }
    }
    return found
  }
}
