@testable import ReplenishCore

/// Random bytes that are the same in every run and for every draw, so that a finding can be repeated.
///
/// No draw leaves a trace: a connection may be copied in the middle of a handshake and gone on with many times.
final class FixedRandom: RandomSource, Sendable {
  private let seed: UInt8

  init(_ seed: UInt8) { self.seed = seed }

  func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 37) &+ seed }
    return true
  }
}

/// Random bytes that differ from draw to draw (SplitMix64), for names that must differ.
final class SeededRandom: RandomSource {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    for index in bytes.indices {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      bytes[index] = UInt8(truncatingIfNeeded: mixed >> 56)
    }
    return true
  }
}
