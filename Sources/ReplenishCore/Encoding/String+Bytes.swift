extension String {
  /// Whether this is spelled in the same bytes: what equality means for names, ids and the words of protocols and files.
  ///
  /// `==` asks Unicode instead, whose tables would be a tenth of a board's program; `Boards/check` refuses them.
  @inline(never)
  package func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// Whether this is spelled in these bytes.
  @inline(never)
  package func isExactly(_ bytes: [UInt8]) -> Bool { utf8.elementsEqual(bytes) }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
  /// The case that `bytes` spell; nil if none is. (`init(rawValue:)` asks Unicode.)
  package static func spelled(_ bytes: [UInt8]) -> Self? {
    for word in allCases where word.rawValue.isExactly(bytes) { return word }
    return nil
  }
}
