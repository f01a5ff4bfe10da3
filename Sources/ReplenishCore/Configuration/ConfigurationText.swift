/// The configuration file cut into sections and entries; which keys and sections are known is checked here, what the
/// values mean is not.
///
/// The form: `[section]`, `[slot NAME]`, `key = value`, and comments from a `#` that begins a line or follows a space.
struct ConfigurationText {
  struct Entry {
    let key: ConfigurationKey
    let value: [UInt8]
    let line: Int
  }

  struct Section {
    let kind: ConfigurationSection
    /// The NAME of a `[slot NAME]`; empty for the others.
    let name: [UInt8]
    let heading: String
    let line: Int
    var entries: [Entry] = []
  }

  /// The largest file that is read, in bytes.
  static let maximumLength = 65_536
  /// The longest line, in bytes.
  static let maximumLineLength = 1024

  private(set) var sections: [Section] = []
  private(set) var mistakes: MistakeCollector
  private var place = Place.beforeFirst
  private var slotCount = 0

  /// Where the lines read now belong.
  private enum Place {
    case beforeFirst
    case section(Int)
    /// A section that is not known: its lines are skipped, the heading was reported.
    case unknown
  }

  init(_ bytes: [UInt8], file: String) {
    mistakes = MistakeCollector(file: file)
    guard bytes.count <= Self.maximumLength else {
      mistakes.add(
        line: 0, section: "", problem: "the file has \(bytes.count) bytes, more than \(Self.maximumLength)",
        remedy: "give the daemon its own configuration file")
      return
    }
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = bytes.starts(with: byteOrderMark) ? bytes[3...] : bytes[...]
    var number = 0
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      read(line, number)
    }
  }

  private mutating func read(_ whole: ArraySlice<UInt8>, _ number: Int) {
    guard whole.count <= Self.maximumLineLength else {
      mistakes.add(
        line: number, section: heading, problem: "the line has \(whole.count) bytes",
        remedy: "keep lines to \(Self.maximumLineLength) bytes")
      return
    }
    let line = Self.trimmed(Self.withoutComment(whole))
    guard let first = line.first else { return }
    guard line.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else {
      mistakes.add(
        line: number, section: heading, problem: "the line has a character that is not printable ASCII",
        remedy: "write it anew; outside comments only ASCII is taken")
      return
    }
    if first == UInt8(ascii: "[") {
      readHeading(line, number)
    } else {
      readEntry(line, number)
    }
  }

  private mutating func readHeading(_ line: ArraySlice<UInt8>, _ number: Int) {
    place = .unknown
    let written = MistakeCollector.printable(line)
    guard line.last == UInt8(ascii: "]") else {
      mistakes.add(line: number, section: written, problem: "the heading has no end", remedy: "end it with ]")
      return
    }
    let words = line.dropFirst().dropLast().split { $0 == 0x20 || $0 == 0x09 }
    let title = words.first.map(Array.init) ?? []
    guard let kind = ConfigurationSection.spelled(title) else {
      let nearest = NearestName.find(title, among: ConfigurationSection.allCases.map { $0.rawValue })
      let known = "the sections are [device] [amazon] [slot NAME] [setup] [orders] [control] [log]"
      let meant = nearest.flatMap { ConfigurationSection.spelled($0.bytes) }.map { "write \($0.heading)" }
      mistakes.add(line: number, section: written, problem: "no such section", remedy: meant ?? known)
      return
    }
    guard kind == .slot else {
      open(kind, name: [], written: words.count == 1 ? kind.heading : written, words.count == 1, number)
      return
    }
    let name = words.count == 2 ? Array(words[1]) : []
    open(kind, name: name, written: written, ConfigurationValue.isSlotName(name), number)
  }

  private mutating func open(
    _ kind: ConfigurationSection, name: [UInt8], written: String, _ isWellFormed: Bool, _ number: Int
  ) {
    if !isWellFormed {
      let form = kind == .slot ? ", NAME being 1 to 32 of A-Z a-z 0-9 _ -" : ""
      mistakes.add(
        line: number, section: written,
        problem: kind == .slot ? "the slot's name is not one" : "the heading has a name",
        remedy: "write \(kind.heading)\(form)")
    }
    if isWellFormed, let index = sections.firstIndex(where: { $0.kind == kind && $0.name == name }) {
      mistakes.add(
        line: number, section: written, problem: "the section began in line \(sections[index].line) already",
        remedy: kind == .slot ? "join the two, or give each its own name" : "join the two")
      place = .section(index)
      return
    }
    if kind == .slot {
      slotCount += 1
      if slotCount == DaemonConfiguration.slotLimit + 1 {
        mistakes.add(
          line: number, section: written, problem: "more than \(DaemonConfiguration.slotLimit) slots",
          remedy: "remove the ones from here on")
      }
    }
    place = .section(sections.count)
    sections.append(Section(kind: kind, name: name, heading: written, line: number))
  }

  private mutating func readEntry(_ line: ArraySlice<UInt8>, _ number: Int) {
    if case .unknown = place { return }
    guard line.first != UInt8(ascii: ";"), let sign = line.firstIndex(of: UInt8(ascii: "=")) else {
      let remedy = line.first == UInt8(ascii: ";") ? "begin comments with #" : "write key = value"
      mistakes.add(line: number, section: heading, problem: "the line is no setting", remedy: remedy)
      return
    }
    let key = Array(Self.trimmed(line[..<sign]))
    let value = Array(Self.trimmed(line[(sign + 1)...]))
    let name = MistakeCollector.printable(key[...])
    guard case .section(let index) = place else {
      mistakes.add(
        line: number, section: "", key: name, problem: "the setting stands before the first section",
        remedy: "put it under its section; the first is [device]")
      return
    }
    let section = sections[index]
    let known = ConfigurationKey.keys(of: section.kind)
    guard let found = known.first(where: { $0.description.name.isExactly(key) }) else {
      mistakes.add(
        line: number, section: section.heading, key: name, value: Self.mayBeSecret(key) ? nil : value,
        problem: "no such key in this section", remedy: remedy(for: key, in: section.kind))
      return
    }
    if let first = section.entries.first(where: { $0.key == found }) {
      mistakes.add(
        line: number, section: section.heading, key: name, value: value,
        problem: "the key was set in line \(first.line) already", remedy: "keep one of the two")
      return
    }
    sections[index].entries.append(Entry(key: found, value: value, line: number))
  }

  private var heading: String {
    if case .section(let index) = place { return sections[index].heading }
    return ""
  }

  private func remedy(for key: [UInt8], in section: ConfigurationSection) -> String {
    if Self.mayBeSecret(key) {
      return "remove the line: no secret belongs in this file, and the device needs none from it"
    }
    let all = ConfigurationKey.allCases.map { $0.description }
    if let elsewhere = all.first(where: { $0.name.isExactly(key) }) {
      return "move it to \(elsewhere.section.heading)"
    }
    let here = all.filter { $0.section == section }.map { $0.name }
    if let nearest = NearestName.find(key, among: here) { return "write \(nearest)" }
    if let nearest = NearestName.find(key, among: all.map { $0.name }),
      let meant = all.first(where: { $0.name.isExactly(nearest) })
    {
      return "write \(nearest) in \(meant.section.heading)"
    }
    return "the keys are " + here.joined(separator: ", ")
  }

  /// Whether a key that is not known sounds as if its value were secret; then no message shows the value.
  private static func mayBeSecret(_ key: [UInt8]) -> Bool {
    let words: [StaticString] = ["secret", "token", "password", "passwd", "verifier", "code", "private", "bearer"]
    let folded = key.map { $0 | 0x20 }
    for word in words {
      let count = word.utf8CodeUnitCount
      guard folded.count >= count else { continue }
      for start in 0...(folded.count - count) {
        if word.withUTF8Buffer({ $0.elementsEqual(folded[start..<(start + count)]) }) { return true }
      }
    }
    return false
  }

  private static func withoutComment(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var previous = UInt8(ascii: " ")
    for index in line.indices {
      if line[index] == UInt8(ascii: "#"), previous == 0x20 || previous == 0x09 { return line[..<index] }
      previous = line[index]
    }
    return line
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    var bytes = bytes
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
    return bytes
  }
}
