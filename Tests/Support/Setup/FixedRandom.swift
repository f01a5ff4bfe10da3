import ReplenishCore

/// Gives out bytes that were fixed beforehand, then fails.
package final class FixedRandom: RandomSource {
  private var bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package func fill(_ target: UnsafeMutableRawBufferPointer) -> Bool {
    guard bytes.count >= target.count else { return false }
    target.copyBytes(from: bytes.prefix(target.count))
    bytes.removeFirst(target.count)
    return true
  }
}
