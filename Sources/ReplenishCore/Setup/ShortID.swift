/// The short random name of a device, in its advertisement and on its label, so that a person can tell two of them
/// apart before a phone has connected. Drawn at the factory, derived from nothing.
public struct ShortID: Equatable, Sendable {
  /// The number of bytes.
  public static let length = 3

  /// The three bytes.
  public let bytes: [UInt8]

  /// Makes an id from three bytes; nil for another count.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == ShortID.length else { return nil }
    self.bytes = bytes
  }

  /// Draws an id; nil if no randomness can be had.
  public init?(random: any RandomSource) {
    guard let bytes = random.bytes(count: ShortID.length) else { return nil }
    self.bytes = bytes
  }

  /// Six hexadecimal digits in capitals, as on the label.
  public var text: String { Hex.encode(bytes, capitals: true) }
}
