/// The parameters of a query string or an `application/x-www-form-urlencoded` body.
///
/// OAuth forbids a parameter from appearing twice (RFC 6749 section 3.1), so unlike a dictionary this type remembers
/// repetitions. A parameter without a value counts as absent, as the same section asks.
public struct FormParameters: Sendable {
  private var values: [String: String] = [:]
  private var repetitions: Set<String> = []

  /// Names that appeared more than once, sorted.
  public var repeated: [String] { repetitions.sorted() }

  /// Parses `name=value&name=value`; nil when a percent escape is broken, is not UTF-8, or is U+0000,
  /// which nobody types and PostgreSQL does not keep.
  public init?(urlEncoded text: some StringProtocol) {
    for pair in text.split(separator: "&") {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decode(halves[0]) else { return nil }
      guard let value = Self.decode(halves.count == 2 ? halves[1] : "") else { return nil }
      if values.updateValue(value, forKey: name) != nil { repetitions.insert(name) }
    }
  }

  /// Builds the parameters directly, for instance from a test.
  public init(_ values: [String: String]) {
    self.values = values
  }

  /// The value of a parameter, nil when it is absent or empty.
  public subscript(name: String) -> String? {
    guard let value = values[name], !value.isEmpty else { return nil }
    return value
  }

  /// Decodes one form-encoded value: `+` is a space and `%XX` is a byte of UTF-8.
  static func decode(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var source = text.utf8.makeIterator()
    while let byte = source.next() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard let high = source.next().flatMap(nibble), let low = source.next().flatMap(nibble) else { return nil }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    guard !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func nibble(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
