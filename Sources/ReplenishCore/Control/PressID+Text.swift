extension PressID {
  /// The 32 hexadecimal digits by which people and programs name the press.
  public var text: String { Hex.encode(bytes) }

  /// Reads 32 hexadecimal digits; nil for anything else.
  public init?(text: [UInt8]) {
    guard let bytes = Hex.decode(text) else { return nil }
    self.init(bytes)
  }
}
