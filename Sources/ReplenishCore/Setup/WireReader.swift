/// Reads bytes from the front; nil where there are too few, never a trap.
struct WireReader {
  private let bytes: [UInt8]
  private var position: Int

  /// Begins at an offset, which counts as the end if it lies beyond.
  init(_ bytes: [UInt8], from offset: Int = 0) {
    self.bytes = bytes
    position = min(max(offset, 0), bytes.count)
  }

  /// The number of bytes not read yet.
  var remaining: Int { bytes.count - position }

  /// Whether all was read.
  var isAtEnd: Bool { remaining == 0 }

  /// The next byte.
  mutating func byte() -> UInt8? {
    guard remaining >= 1 else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next two bytes, the least significant first, as Bluetooth has them.
  mutating func littleEndian16() -> UInt16? {
    guard let low = byte(), let high = byte() else { return nil }
    return UInt16(high) << 8 | UInt16(low)
  }

  /// The next two bytes, the most significant first, as the setup protocol has them.
  mutating func bigEndian16() -> UInt16? {
    guard let high = byte(), let low = byte() else { return nil }
    return UInt16(high) << 8 | UInt16(low)
  }

  /// The next four bytes, the most significant first.
  mutating func bigEndian32() -> UInt32? {
    guard let high = bigEndian16(), let low = bigEndian16() else { return nil }
    return UInt32(high) << 16 | UInt32(low)
  }

  /// The next `count` bytes.
  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard count >= 0, remaining >= count else { return nil }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  /// All that was not read yet.
  mutating func rest() -> [UInt8] {
    defer { position = bytes.count }
    return Array(bytes[position...])
  }
}
