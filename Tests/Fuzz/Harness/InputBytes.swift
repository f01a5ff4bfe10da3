/// A fuzzing input, read from the front. What is missing at its end is zero or empty, so that every input is one.
struct InputBytes {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  /// A number below `limit`, which is 1 to 256.
  mutating func number(below limit: Int) -> Int { Int(byte()) % limit }

  /// Two bytes, the most significant first.
  mutating func word() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }

  /// A length and so many bytes: one byte of length, or 255 and two more.
  mutating func chunk() -> [UInt8] {
    let first = byte()
    let length = first == 255 ? Int(word()) : Int(first)
    let part = rest.prefix(length)
    rest = rest.dropFirst(length)
    return Array(part)
  }

  /// Everything that is left.
  mutating func remainder() -> [UInt8] {
    defer { rest = [] }
    return Array(rest)
  }

  /// A copy with up to three edits that the input names: a byte changed, one put in, an end cut off or made longer.
  mutating func edited(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    for _ in 0..<number(below: 4) {
      let kind = byte()
      let place = bytes.isEmpty ? 0 : Int(word()) % bytes.count
      switch kind % 4 {
      case 0 where !bytes.isEmpty: bytes[place] ^= byte()
      case 1: bytes.insert(byte(), at: place)
      case 2: bytes.removeLast(min(bytes.count, place))
      default: bytes += chunk()
      }
    }
    return bytes
  }
}
