import COpenSSL
import ReplenishCore

/// Random bytes from libcrypto's private generator, which the kernel seeds.
public final class HostRandom: RandomSource {
  /// Makes a source.
  public init() {}

  /// Fills the buffer; false if libcrypto has no randomness to give.
  public func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress else { return true }
    guard let count = Int32(exactly: bytes.count) else { return false }
    return RAND_priv_bytes(start.assumingMemoryBound(to: UInt8.self), count) == 1
  }
}
