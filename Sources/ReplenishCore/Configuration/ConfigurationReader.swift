/// Turns sections and entries into typed values, collecting every mistake on the way.
struct ConfigurationReader {
  private let sections: [ConfigurationText.Section]
  private(set) var mistakes: MistakeCollector

  init(_ text: ConfigurationText) {
    sections = text.sections
    mistakes = text.mistakes
  }

  /// The section of a kind; nil if the file has none.
  func section(_ kind: ConfigurationSection) -> ConfigurationText.Section? {
    sections.first { $0.kind == kind }
  }

  /// The `[slot NAME]` sections in the file's order.
  var slotSections: [ConfigurationText.Section] { sections.filter { $0.kind == .slot } }

  /// The value of a key, the default where the file has none; nil where there is neither, or after a mistake.
  ///
  /// Defaults pass through the same reading as what people write, so that what the documents name as the default is it.
  mutating func value<Value>(
    _ key: ConfigurationKey, in section: ConfigurationText.Section?, _ read: ([UInt8]) -> Value?
  ) -> Value? {
    let entry = entry(key, in: section)
    guard let bytes = entry?.value ?? standard(key, in: section) else { return nil }
    if let value = read(bytes) { return value }
    if let entry { refuse(entry, in: section) }
    return nil
  }

  /// The default of a key that the file does not have, which is a mistake if it must.
  private mutating func standard(_ key: ConfigurationKey, in section: ConfigurationText.Section?) -> [UInt8]? {
    let about = key.description
    if about.isRequired {
      mistakes.add(
        line: section?.line ?? 0, section: section?.heading ?? about.section.heading, key: about.name,
        problem: "missing", remedy: "add it: \(about.values), for instance \(about.name) = \(about.example)")
    }
    return about.standard.map { $0.bytes }
  }

  /// Records that what the file sets a key to is none of its values.
  private mutating func refuse(_ entry: ConfigurationText.Entry, in section: ConfigurationText.Section?) {
    refuse(
      entry.key, in: section, problem: Self.problem(of: entry.value), remedy: Self.remedy(entry.key.description))
  }

  /// Records a mistake about a key that is there.
  mutating func refuse(
    _ key: ConfigurationKey, in section: ConfigurationText.Section?, problem: String, remedy: String
  ) {
    let entry = entry(key, in: section)
    mistakes.add(
      line: entry?.line ?? section?.line ?? 0, section: section?.heading ?? key.description.section.heading,
      key: key.description.name, value: entry?.value, problem: problem, remedy: remedy)
  }

  private func entry(_ key: ConfigurationKey, in section: ConfigurationText.Section?) -> ConfigurationText.Entry? {
    section?.entries.first { $0.key == key }
  }

  /// Whether the file itself sets a key.
  func has(_ key: ConfigurationKey, in section: ConfigurationText.Section?) -> Bool {
    entry(key, in: section) != nil
  }

  /// Records that the file has no slot.
  mutating func refuseWithoutSlot() {
    mistakes.add(
      line: 0, section: ConfigurationSection.slot.heading, problem: "missing",
      remedy: "add [slot paper] with slot-id = the id from the Dash console")
  }

  private static func problem(of value: [UInt8]) -> String {
    if value.isEmpty { return "the value is missing" }
    if let first = value.first, value.count > 1, first == value.last, first == 0x22 || first == 0x27 {
      return "the value is in quotes, which this file does not use"
    }
    return "the value is not taken"
  }

  private static func remedy(_ about: ConfigurationKey.Description) -> String {
    "write \(about.values), for instance \(about.name) = \(about.example)"
  }
}
