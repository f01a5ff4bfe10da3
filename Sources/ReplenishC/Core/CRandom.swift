import COpenSSL
import CReplenish
import ReplenishCore

/// Randomness from the firmware, or from libcrypto.
final class CRandom: RandomSource {
  typealias Function = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int) -> Int32
  private let function: Function?
  private let userdata: UnsafeMutableRawPointer?

  init(_ function: Function?, _ userdata: UnsafeMutableRawPointer?) {
    self.function = function
    self.userdata = userdata
  }

  func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    if let function { return function(userdata, bytes.baseAddress, bytes.count) >= 0 }
    guard let count = Int32(exactly: bytes.count) else { return false }
    return RAND_priv_bytes(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count) == 1
  }
}
