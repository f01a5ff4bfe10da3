import COpenSSL
import CReplenish
import ReplenishCore

/// Randomness from the firmware, or from libcrypto.
final class CRandom: RandomSource {
  private let firmware: Firmware

  init(_ firmware: Firmware) { self.firmware = firmware }

  func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    if let random = firmware.calls.random { return random(firmware.userdata, bytes.baseAddress, bytes.count) >= 0 }
    guard let count = Int32(exactly: bytes.count) else { return false }
    return RAND_priv_bytes(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count) == 1
  }
}
