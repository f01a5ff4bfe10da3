/// The name of one press: 128 random bits.
public struct PressID: Equatable, Sendable {
  /// The 16 bytes.
  public let bytes: [UInt8]

  /// Makes a name from 16 bytes; nil for another count.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    self.bytes = bytes
  }
}
