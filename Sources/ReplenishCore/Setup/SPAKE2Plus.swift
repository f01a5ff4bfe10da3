/// SPAKE2+ with P-256, SHA-256, HKDF and HMAC (RFC 9383): what both sides share.
package struct SPAKE2Plus {
  /// `Context`, agreed beforehand: two sides that disagree on it end with different keys.
  package var context: [UInt8]
  /// `idProver`.
  package var prover: [UInt8]
  /// `idVerifier`.
  package var verifier: [UInt8]

  /// An exchange of these two parties.
  package init(context: [UInt8], prover: [UInt8], verifier: [UInt8]) {
    self.context = context
    self.prover = prover
    self.verifier = verifier
  }

  /// `M` and `N` of the ciphersuite (RFC 9383 section 4), compressed.
  static let m: [UInt8] = [
    0x02, 0x88, 0x6e, 0x2f, 0x97, 0xac, 0xe4, 0x6e, 0x55, 0xba, 0x9d, 0xd7, 0x24, 0x25, 0x79, 0xf2, 0x99,
    0x3b, 0x64, 0xe1, 0x6e, 0xf3, 0xdc, 0xab, 0x95, 0xaf, 0xd4, 0x97, 0x33, 0x3d, 0x8f, 0xa1, 0x2f,
  ]
  static let n: [UInt8] = [
    0x03, 0xd8, 0xbb, 0xd6, 0xc6, 0x39, 0xc6, 0x29, 0x37, 0xb0, 0x4d, 0x99, 0x7f, 0x38, 0xc3, 0x77, 0x07,
    0x19, 0xc6, 0x29, 0xd7, 0x01, 0x4d, 0x49, 0xa2, 0x4b, 0x4f, 0x98, 0xba, 0xa1, 0x29, 0x2b, 0x49,
  ]

  /// What both sides compute once the shares are exchanged (RFC 9383 section 3.4).
  package struct Keys {
    /// The prover's proof, HMAC of shareV.
    package let confirmP: Secret
    /// The verifier's proof, HMAC of shareP.
    package let confirmV: Secret
    /// `K_shared`.
    package let shared: Secret
  }

  /// A length as eight bytes, little-endian, as RFC 9383 writes it before each part of the transcript.
  static func length(_ count: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
  }

  /// One of the ciphersuite's fixed points.
  static func fixed(_ compressed: [UInt8], in group: P256) throws(SetupFault) -> P256.Point {
    guard let point = try group.point(compressed, isCompressed: true) else { throw .cryptographyFailed }
    return point
  }

  /// `scalar`·P + w0·F as bytes, F being a fixed point: the public share of one side.
  static func share(
    _ scalar: P256.Scalar, masking w0: P256.Scalar, with point: [UInt8], in group: P256
  ) throws(SetupFault) -> [UInt8] {
    let mask = try group.multiply(fixed(point, in: group), by: w0)
    guard let share = try group.bytes(group.add(group.multiply(base: scalar), mask)) else { throw .cryptographyFailed }
    return share.disclosed
  }

  /// `share` − w0·F: what the peer's scalar makes of the base point.
  static func unmasked(
    _ share: P256.Point, of w0: P256.Scalar, with point: [UInt8], in group: P256
  ) throws(SetupFault) -> P256.Point {
    try group.subtract(share, consuming: group.multiply(fixed(point, in: group), by: w0))
  }

  /// The transcript `TT` (RFC 9383 section 3.3): each part after its length.
  package func transcript(
    shareP: [UInt8], shareV: [UInt8], z: Secret, v: Secret, w0: Secret, in group: P256
  ) throws(SetupFault) -> Secret {
    guard let m = try group.bytes(SPAKE2Plus.fixed(SPAKE2Plus.m, in: group)),
      let n = try group.bytes(SPAKE2Plus.fixed(SPAKE2Plus.n, in: group))
    else { throw .cryptographyFailed }
    var transcript = SecretBuilder(capacity: 1024)
    for part in [
      Secret(copying: context), Secret(copying: prover), Secret(copying: verifier), m, n, Secret(copying: shareP),
      Secret(copying: shareV), z, v, w0,
    ] {
      transcript.append(SPAKE2Plus.length(part.count))
      transcript.append(part)
    }
    return transcript.finish()
  }

  /// The keys that follow from the transcript.
  func keys(
    shareP: [UInt8], shareV: [UInt8], z: Secret, v: Secret, w0: Secret, in group: P256
  ) throws(SetupFault) -> Keys {
    let transcript = try transcript(shareP: shareP, shareV: shareV, z: z, v: v, w0: w0, in: group)
    let main = try KeyDerivation.digest(transcript)
    let info: StaticString = "ConfirmationKeys"
    let both = try KeyDerivation.hkdf(main, salt: [], info: info.bytes, count: 64)
    let sharedInfo: StaticString = "SharedKey"
    return Keys(
      confirmP: try KeyDerivation.hmac(both.part(0..<32), shareV),
      confirmV: try KeyDerivation.hmac(both.part(32..<64), shareP),
      shared: try KeyDerivation.hkdf(main, salt: [], info: sharedInfo.bytes, count: 32))
  }
}

extension Secret {
  /// Some of the bytes; those of the range that are there.
  func part(_ range: Range<Int>) -> Secret {
    let range = range.clamped(to: 0..<count)
    return withBytes { bytes in
      Secret(count: range.count) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range])) }
    }
  }

  /// The bytes, where they are no longer secret: about to be sent, or public all along.
  package var disclosed: [UInt8] { withBytes { Array($0) } }
}
