import ReplenishCore

extension ShortID {
  /// The id as a label has it: six hexadecimal digits, capitals or not; nil if these are none.
  public init?(hexadecimal digits: [UInt8]) {
    guard let bytes = Hex.decode(digits) else { return nil }
    self.init(bytes)
  }
}
