/// The device's side of one run of SPAKE2+ (RFC 9383 section 3.3), from the record (w0, L) alone.
package struct SPAKE2PlusVerifier {
  /// `shareV`, to be sent.
  package let share: [UInt8]
  /// The keys; the prover's proof is to be compared before they are used.
  package let keys: SPAKE2Plus.Keys

  /// Whether bytes are a share that ``init(_:w0:l:shareP:random:)`` would not refuse for its form.
  package static func isPoint(_ share: [UInt8]) throws(SetupFault) -> Bool {
    try P256().point(share) != nil
  }

  /// Draws `y`, computes Y = y·P + w0·N, Z = y·(X − w0·M), V = y·L and the keys.
  package init(_ exchange: SPAKE2Plus, w0: Secret, l: Secret, shareP: [UInt8], random: any RandomSource)
    throws(SetupFault)
  {
    let group = try P256()
    guard let peer = try group.point(shareP) else { throw .invalidShare }
    let record = try l.withBytes { (bytes) throws(SetupFault) in try group.point(bytes) }
    guard let record, let w0Scalar = try group.scalar(w0) else { throw .cryptographyFailed }
    let y = try group.randomScalar(random)
    share = try SPAKE2Plus.share(y, masking: w0Scalar, with: SPAKE2Plus.n, in: group)
    let unmasked = try SPAKE2Plus.unmasked(peer, of: w0Scalar, with: SPAKE2Plus.m, in: group)
    guard let v = try group.bytes(group.multiply(record, by: y)) else { throw .cryptographyFailed }
    guard let z = try group.bytes(group.multiply(unmasked, by: y)) else { throw .invalidShare }  // the peer sent w0·M
    keys = try exchange.keys(shareP: shareP, shareV: share, z: z, v: v, w0: w0, in: group)
  }
}
