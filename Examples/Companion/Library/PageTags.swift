import ReplenishCore

/// The tags of an HTML page, one after the other; comments and the insides of scripts and styles are passed over.
struct PageTags: Sequence, IteratorProtocol {
  struct Tag {
    /// The name in lower case; an end tag's begins with `/`.
    let name: String
    fileprivate(set) var attributes: [(name: String, value: String)] = []
    /// The text between it and the next tag.
    fileprivate(set) var text = ""

    /// The first attribute of that name; empty if it has no value.
    subscript(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
  }

  private let bytes: [UInt8]
  private var place = 0

  /// What a page that refuses something says: its alert, or else its first paragraph. At most 200 characters of ASCII,
  /// for a terminal; empty if it has neither.
  static func complaint(of page: String) -> String {
    let tags = Array(PageTags(page))
    let found = tags.first { $0["role"] == "alert" } ?? tags.first { $0.name == "p" }
    return ServiceText(found?.text ?? "").text
  }

  init(_ page: String) { bytes = Array(page.utf8) }

  mutating func next() -> Tag? {
    while skip(to: "<") {
      if skip(over: "!--") {
        _ = skip(to: "-->")
        continue
      }
      var name = skip(over: "/") ? "/" : ""
      name += word(until: " \t\r\n/>")
      guard name.utf8.last.map({ $0 != UInt8(ascii: "/") }) ?? false else { continue }
      var tag = Tag(name: name.lowercased())
      readAttributes(into: &tag)
      if tag.name == "script" || tag.name == "style" {
        _ = skip(to: "</\(tag.name)")
      } else {
        tag.text = PageTags.decodeEntities(word(until: "<"))
      }
      return tag
    }
    return nil
  }

  private mutating func readAttributes(into tag: inout Tag) {
    while true {
      skipAny(of: " \t\r\n/")
      guard place < bytes.count, !skip(over: ">") else { return }
      let name = word(until: " \t\r\n/>=").lowercased()
      skipAny(of: " \t\r\n")
      var value = ""
      if skip(over: "=") {
        skipAny(of: " \t\r\n")
        if skip(over: "\"") {
          value = word(until: "\"")
          place += 1
        } else if skip(over: "'") {
          value = word(until: "'")
          place += 1
        } else {
          value = word(until: " \t\r\n>")
        }
      } else if name.isEmpty {
        place += 1  // a stray sign; pass over it rather than stay here for ever
        continue
      }
      tag.attributes.append((name, PageTags.decodeEntities(value)))
    }
  }

  private mutating func word(until stops: String) -> String {
    let start = Swift.min(place, bytes.count)
    let stops = Array(stops.utf8)
    while place < bytes.count, !stops.contains(bytes[place]) { place += 1 }
    return String(decoding: bytes[start..<Swift.max(start, Swift.min(place, bytes.count))], as: UTF8.self)
  }

  private mutating func skipAny(of signs: String) {
    let signs = Array(signs.utf8)
    while place < bytes.count, signs.contains(bytes[place]) { place += 1 }
  }

  private mutating func skip(over text: String) -> Bool {
    guard bytes.dropFirst(place).starts(with: text.utf8) else { return false }
    place += text.utf8.count
    return true
  }

  /// Moves behind the next `text`; false, and to the end, if there is none.
  private mutating func skip(to text: String) -> Bool {
    while place < bytes.count {
      if skip(over: text) { return true }
      place += 1
    }
    return false
  }

  private static let entities: [(name: Substring, text: Character)] = [
    ("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'"), ("nbsp", "\u{A0}"),
  ]

  private static func decodeEntities(_ text: String) -> String {
    var decoded = ""
    var rest = text[...]
    while let ampersand = rest.firstIndex(of: "&") {
      decoded += rest[..<ampersand]
      rest = rest[rest.index(after: ampersand)...]
      guard let end = rest.prefix(10).firstIndex(of: ";"), let sign = entity(rest[..<end]) else {
        decoded += "&"
        continue
      }
      decoded.append(sign)
      rest = rest[rest.index(after: end)...]
    }
    return decoded + rest
  }

  private static func entity(_ name: Substring) -> Character? {
    guard name.first == "#" else { return entities.first { $0.name == name }?.text }
    let digits = name.dropFirst()
    let isHexadecimal = digits.first == "x" || digits.first == "X"
    let number = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return number.flatMap(UnicodeScalar.init).map(Character.init)
  }
}
