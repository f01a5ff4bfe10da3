@testable import ReplenishCore

/// Random bytes that are the same in each run (SplitMix64): for tests only.
final class SeededRandom: RandomSource {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: next()) }
    return true
  }

  /// Up to `limit` random bytes.
  func bytes(upTo limit: Int) -> [UInt8] {
    (0..<Int(next() % UInt64(limit + 1))).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// A copy with a few bytes changed, inserted, removed or doubled.
  func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...Int(next() % 3) {
      guard !bytes.isEmpty else { return [UInt8(truncatingIfNeeded: next())] }
      let index = Int(next() % UInt64(bytes.count))
      switch next() % 5 {
      case 0: bytes[index] = UInt8(truncatingIfNeeded: next())
      case 1: bytes[index] ^= 1 << UInt8(next() % 8)
      case 2: bytes.insert(UInt8(truncatingIfNeeded: next()), at: index)
      case 3: bytes.remove(at: index)
      default: bytes.append(contentsOf: bytes[index...].prefix(64))
      }
    }
    return bytes
  }
}
