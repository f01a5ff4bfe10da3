import COpenSSL
import ReplenishCore

/// Random bytes from libcrypto's private generator, which the kernel seeds.
public final class SystemRandom: RandomSource {
  /// Makes one; it holds nothing.
  public init() {}

  /// See ``RandomSource/fill(_:)``.
  public func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    guard bytes.count <= Int(Int32.max) else { return false }
    return RAND_priv_bytes(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count)) == 1
  }
}
