extension String {
  /// The bytes of its UTF-8. To walk over `utf8` itself brings code for encodings that no board has, at each place.
  ///
  /// Only strings of Objective-C are not stored like that, and so the storage is always there.
  @inline(never)
  package var bytes: [UInt8] { utf8.withContiguousStorageIfAvailable { Array($0) } ?? [] }

  /// The text of bytes that are UTF-8, because they were checked or are ASCII; of others nothing is left.
  ///
  /// `String(decoding:as:)` would mend them, with 6 KB of code that has nothing to do here.
  @inline(never)
  package init(utf8 bytes: [UInt8]) { self = String(validating: bytes, as: UTF8.self) ?? "" }

  /// Whether this is spelled in the same bytes: what equality means for names, ids and the words of protocols and files.
  ///
  /// `==` asks Unicode instead, whose tables would be a tenth of a board's program; `Boards/check` refuses them.
  @inline(never)
  package func isExactly(_ other: String) -> Bool { bytes == other.bytes }

  /// Whether this is spelled in these bytes.
  @inline(never)
  package func isExactly(_ bytes: [UInt8]) -> Bool { self.bytes == bytes }
}

extension String {
  /// Whether the bytes of this come before those of another.
  @inline(never)
  func precedes(_ other: String) -> Bool { bytes.lexicographicallyPrecedes(other.bytes) }

  /// The text up to a number of bytes, no character cut in two.
  @inline(never)
  package func shortened(to limit: Int) -> String {
    let bytes = self.bytes
    guard bytes.count > limit else { return self }
    var end = limit
    while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(utf8: Array(bytes[..<end]))
  }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
  /// The case that `bytes` spell; nil if none is. (`init(rawValue:)` asks Unicode.)
  package static func spelled(_ bytes: [UInt8]) -> Self? {
    for word in allCases where word.rawValue.isExactly(bytes) { return word }
    return nil
  }
}
