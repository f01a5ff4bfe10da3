/// The numbers that SPAKE2+ makes of a setup code (RFC 9383 section 3.2).
package struct SetupDerivation {
  /// `w0`, 32 bytes, big-endian, not zero.
  package let w0: Secret
  /// `w1`, likewise.
  package let w1: Secret

  /// PBKDF2-HMAC-SHA256 of the eight digits in ASCII, 80 bytes, each half modulo the order of P-256.
  ///
  /// The halves are 64 bits longer than the order, so that the remainders are uniform. The identities, which are the
  /// same for every device, stand in the transcript and not here.
  package init(code: SetupCode, salt: [UInt8], iterations: Int) throws(SetupFault) {
    let both = try KeyDerivation.pbkdf2(code.digits, salt: salt, iterations: iterations, count: 80)
    let group = try P256()
    w0 = try group.reduced(both.part(0..<40))
    w1 = try group.reduced(both.part(40..<80))
    guard try group.scalar(w0) != nil, try group.scalar(w1) != nil else { throw .cryptographyFailed }
  }

  /// `L` = w1·P, uncompressed.
  package func l() throws(SetupFault) -> Secret {
    let group = try P256()
    guard let scalar = try group.scalar(w1), let bytes = try group.bytes(group.multiply(base: scalar)) else {
      throw .cryptographyFailed
    }
    return bytes
  }
}
