/// The header fields of an answer that the core reads.
struct HTTPAnswerHeaders {
  private(set) var contentType: String?
  private(set) var errorType: String?
  private(set) var requestID: String?
  private(set) var retryAfter: Int?

  /// The longest value that is kept; a longer one is cut.
  private static var maximumValue: Int { 256 }

  /// Takes one line as it came, line end included. A status line begins a new answer: what was before, an interim one or
  /// a proxy's, is forgotten.
  mutating func take(_ line: UnsafeRawBufferPointer) {
    if HTTPAnswerHeaders.matches(line.prefix(5), "http/") {
      self = HTTPAnswerHeaders()
      return
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
    let name = line[..<colon]
    let value = HTTPAnswerHeaders.value(line[(colon + 1)...])
    if HTTPAnswerHeaders.matches(name, "content-type") {
      contentType = String(decoding: value, as: UTF8.self)
    } else if HTTPAnswerHeaders.matches(name, "x-amzn-errortype") {
      errorType = String(decoding: value, as: UTF8.self)
    } else if HTTPAnswerHeaders.matches(name, "x-amzn-requestid") {
      requestID = String(decoding: value, as: UTF8.self)
    } else if HTTPAnswerHeaders.matches(name, "retry-after") {
      retryAfter = HTTPAnswerHeaders.seconds(value)
    }
  }

  /// Without the blanks and line end around it; what is not printable ASCII becomes `?`, since it may reach a log.
  private static func value(_ bytes: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
    let blank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
    guard let first = bytes.firstIndex(where: { !blank($0) }), let last = bytes.lastIndex(where: { !blank($0) }) else {
      return []
    }
    return bytes[first...last].prefix(maximumValue).map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }
  }

  private static func seconds(_ digits: [UInt8]) -> Int? {
    guard !digits.isEmpty, digits.count <= 9 else { return nil }
    var value = 0
    for digit in digits {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }

  /// Whether ASCII bytes equal a lower-case name, whatever their own case (RFC 9110, 5.1).
  private static func matches(_ bytes: Slice<UnsafeRawBufferPointer>, _ name: StaticString) -> Bool {
    guard bytes.count == name.utf8CodeUnitCount else { return false }
    for (index, byte) in bytes.enumerated() {
      let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
      if lower != name.utf8Start[index] { return false }
    }
    return true
  }
}
