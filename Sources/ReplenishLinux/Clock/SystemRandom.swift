import COpenSSL
import ReplenishCore

/// Random bytes from libcrypto's private generator, which the kernel seeds.
public final class SystemRandom: RandomSource {
  /// Makes one; it holds nothing.
  public init() {}

  /// See ``RandomSource/fill(_:)``.
  public func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    guard let count = Int32(exactly: bytes.count) else { return false }
    return RAND_priv_bytes(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count) == 1
  }
}
