import COpenSSL

/// SHA-256 (FIPS 180-4), by libcrypto.
public enum SHA256 {
  /// The length of a digest in bytes.
  public static let length = 32

  /// The digest of bytes.
  public static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: length)
    _ = COpenSSL.SHA256(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &digest)
    return digest
  }

  /// The digest of bytes.
  public static func digest(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { digest($0) }
  }

  /// The digest of a secret.
  public static func digest(_ secret: Secret) -> [UInt8] {
    secret.withBytes { digest($0) }
  }
}
