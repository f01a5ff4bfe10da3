/// Gathers mistakes on the way through a file, up to the limit.
struct MistakeCollector {
  let file: String
  private(set) var list: [ConfigurationMistake] = []
  private(set) var omitted = 0

  init(file: String) {
    self.file = file
  }

  var isEmpty: Bool { list.isEmpty }

  mutating func add(
    line: Int, section: String, key: String = "", value: [UInt8]? = nil, problem: String, remedy: String
  ) {
    guard list.count < ConfigurationMistakes.limit else {
      omitted += 1
      return
    }
    list.append(
      ConfigurationMistake(
        file: file, line: line, section: section, key: key, value: value.map { Self.printable($0[...]) },
        problem: problem, remedy: remedy))
  }

  /// All of them by line, the ones without a line first.
  func finish() -> ConfigurationMistakes {
    var sorted = list
    sorted.sort { $0.line < $1.line }
    return ConfigurationMistakes(list: sorted, omitted: omitted)
  }

  /// Bytes of the file as text that a terminal or a log shows harmlessly: 60 characters at most, `?` for what is not
  /// printable ASCII.
  static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    let shown = bytes.prefix(60).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: shown, as: UTF8.self) + (bytes.count > 60 ? "..." : "")
  }
}
