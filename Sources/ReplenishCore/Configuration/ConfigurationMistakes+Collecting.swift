/// Gathers mistakes on the way through a file, up to the limit.
struct MistakeCollector {
  let file: String
  /// By line, the ones without a line first.
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
    let mistake = ConfigurationMistake(
      file: file, line: line, section: section, key: key, value: value.map { Self.printable($0[...]) },
      problem: problem, remedy: remedy)
    list.insert(mistake, at: list.firstIndex { line < $0.line } ?? list.endIndex)
  }

  /// All of them.
  func finish() -> ConfigurationMistakes { ConfigurationMistakes(list: list, omitted: omitted) }

  /// Bytes of the file as text that a terminal or a log shows harmlessly: 60 characters at most, `?` for what is not
  /// printable ASCII.
  static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    let shown = bytes.prefix(60).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: shown, as: UTF8.self) + (bytes.count > 60 ? "..." : "")
  }
}
