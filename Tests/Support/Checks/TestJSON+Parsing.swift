import CLinux

/// A reader of JSON (RFC 8259) apart from the device's own, so that one misreading cannot agree with itself.
extension TestJSON {
  /// The value of a whole text; nil if it is not JSON, or names a member twice.
  package static func parse(_ bytes: [UInt8]) -> TestJSON? {
    var reader = Reader(rest: bytes[...])
    guard let value = reader.value(depth: 0) else { return nil }
    reader.skipSpace()
    return reader.rest.isEmpty ? value : nil
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func skipSpace() {
      while let byte = rest.first, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { rest.removeFirst() }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
      guard rest.first == byte else { return false }
      rest.removeFirst()
      return true
    }

    private mutating func skip(_ word: StaticString, _ value: TestJSON) -> TestJSON? {
      let bytes = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
      guard rest.starts(with: bytes) else { return nil }
      rest = rest.dropFirst(bytes.count)
      return value
    }

    mutating func value(depth: Int) -> TestJSON? {
      skipSpace()
      guard let first = rest.first, depth < 64 else { return nil }
      switch first {
      case UInt8(ascii: "{"): return object(depth)
      case UInt8(ascii: "["): return array(depth)
      case UInt8(ascii: "\""): return string().map { .string($0) }
      case UInt8(ascii: "t"): return skip("true", .bool(true))
      case UInt8(ascii: "f"): return skip("false", .bool(false))
      case UInt8(ascii: "n"): return skip("null", .null)
      default: return number()
      }
    }

    private mutating func object(_ depth: Int) -> TestJSON? {
      rest.removeFirst()
      var members: [String: TestJSON] = [:]
      skipSpace()
      if skip(UInt8(ascii: "}")) { return .object(members) }
      while true {
        skipSpace()
        guard rest.first == UInt8(ascii: "\""), let name = string() else { return nil }
        skipSpace()
        guard skip(UInt8(ascii: ":")), let member = value(depth: depth + 1) else { return nil }
        guard members.updateValue(member, forKey: name) == nil else { return nil }
        skipSpace()
        if skip(UInt8(ascii: "}")) { return .object(members) }
        guard skip(UInt8(ascii: ",")) else { return nil }
      }
    }

    private mutating func array(_ depth: Int) -> TestJSON? {
      rest.removeFirst()
      var elements: [TestJSON] = []
      skipSpace()
      if skip(UInt8(ascii: "]")) { return .array(elements) }
      while true {
        guard let element = value(depth: depth + 1) else { return nil }
        elements.append(element)
        skipSpace()
        if skip(UInt8(ascii: "]")) { return .array(elements) }
        guard skip(UInt8(ascii: ",")) else { return nil }
      }
    }

    private mutating func string() -> String? {
      rest.removeFirst()
      var bytes: [UInt8] = []
      while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "\""):
          let text = String(decoding: bytes, as: UTF8.self)
          return Array(text.utf8) == bytes ? text : nil
        case UInt8(ascii: "\\"):
          guard let scalar = escaped() else { return nil }
          bytes += Array(String(Character(scalar)).utf8)
        case 0..<0x20: return nil
        default: bytes.append(byte)
        }
      }
      return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
      guard let byte = rest.popFirst() else { return nil }
      switch byte {
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
      case UInt8(ascii: "u"):
        guard let unit = unit() else { return nil }
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
        guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")), let low = self.unit(), (0xDC00..<0xE000).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
      default: return nil
      }
    }

    /// Four hexadecimal digits.
    private mutating func unit() -> UInt32? {
      guard rest.count >= 4 else { return nil }
      defer { rest = rest.dropFirst(4) }
      return UInt32(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16)
    }

    private mutating func number() -> TestJSON? {
      let isPart: (UInt8) -> Bool = { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
      }
      let digits = rest.prefix(while: isPart)
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(digits.count)
      var read = 0
      let value = String(decoding: digits, as: UTF8.self).withCString { text in
        var end: UnsafeMutablePointer<CChar>?
        let value = strtod(text, &end)
        read = end.map { UnsafePointer($0) - text } ?? 0
        return value
      }
      return read == digits.count ? .number(value) : nil
    }
  }
}
