import COpenSSL
import ReplenishCore

/// The code on a label that puts a device into its owner's account at the maker's cloud: 80 random bits.
///
/// It is not the setup code, which never reaches a cloud, and nothing of it goes onto the device. The cloud knows its
/// digest alone, so whoever reads the cloud's list can claim nothing.
public struct ClaimCode {
  /// The code as a label shows it: 16 characters of Crockford's base32, which has no letters that look alike, in groups
  /// of four with hyphens between.
  public let label: Secret

  /// SHA-256 of the 16 characters.
  public let digest: [UInt8]

  /// Draws a code; nil if no randomness can be had.
  public init?(random: any RandomSource) {
    let bits = ClaimCode.length * 5
    guard let drawn = random.secret(count: bits / 8) else { return nil }
    var shown = SecretBuilder(capacity: 32)
    var plain = SecretBuilder(capacity: 32)
    drawn.withBytes { bytes in
      for place in 0..<ClaimCode.length {
        // Five bits, which may lie in two bytes.
        let (byte, bit) = (place * 5 / 8, place * 5 % 8)
        let pair = UInt16(bytes[byte]) << 8 | (byte + 1 < bytes.count ? UInt16(bytes[byte + 1]) : 0)
        let character = ClaimCode.alphabet[Int(pair >> (11 - bit) & 31)]
        if place > 0, place % 4 == 0 { shown.append(UInt8(ascii: "-")) }
        shown.append(character)
        plain.append(character)
      }
    }
    label = shown.finish()
    digest = SHA256.digest(plain.finish())
  }

  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
  private static let length = 16
}
