/// The name of one press: 128 random bits.
public struct PressID: Equatable, Sendable {
  // Two words and not an array: a press is named in many places, and these are copied without counting references.
  private let high: UInt64
  private let low: UInt64

  /// The 16 bytes.
  public var bytes: [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - $0 % 8 * 8)) }
  }

  /// Makes a name from 16 bytes; nil for another count.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
