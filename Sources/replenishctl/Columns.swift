/// Text in columns.
enum Columns {
  /// The text with spaces after it, at least one, up to a width; counted in bytes, which names of slots are.
  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.utf8.count))
  }
}
