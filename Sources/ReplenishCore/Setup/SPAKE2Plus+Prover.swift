/// The phone's side of one run of SPAKE2+ (RFC 9383 section 3.3).
package struct SPAKE2PlusProver {
  private let exchange: SPAKE2Plus
  private let group: P256
  private let w0: Secret
  private let w1: Secret
  private let x: P256.Scalar
  /// `shareP`, to be sent.
  package let share: [UInt8]

  /// Draws `x` and computes X = x·P + w0·M.
  package init(_ exchange: SPAKE2Plus, w0: Secret, w1: Secret, random: any RandomSource) throws(SetupFault) {
    let group = try P256()
    let x = try group.randomScalar(random)
    guard let w0Scalar = try group.scalar(w0) else { throw .cryptographyFailed }
    let share = try SPAKE2Plus.share(x, masking: w0Scalar, with: SPAKE2Plus.m, in: group)
    self.exchange = exchange
    self.group = group
    self.w0 = w0
    self.w1 = w1
    self.x = x
    self.share = share
  }

  /// The keys, once the device's share and proof have come; throws ``SetupFault/wrongSetupCode`` if the proof is false.
  ///
  /// Z = x·(Y − w0·N), V = w1·(Y − w0·N); the cofactor of P-256 is 1.
  package func finish(shareV: [UInt8], confirmV: [UInt8]) throws(SetupFault) -> SPAKE2Plus.Keys {
    guard let peer = try group.point(shareV) else { throw .invalidShare }
    guard let w0Scalar = try group.scalar(w0), let w1Scalar = try group.scalar(w1) else { throw .cryptographyFailed }
    let unmasked = try SPAKE2Plus.unmasked(peer, of: w0Scalar, with: SPAKE2Plus.n, in: group)
    guard let z = try group.bytes(group.multiply(unmasked, by: x)),
      let v = try group.bytes(group.multiply(unmasked, by: w1Scalar))
    else { throw .invalidShare }  // the peer sent w0·N, so that Z would be the identity whatever x is
    let keys = try exchange.keys(shareP: share, shareV: shareV, z: z, v: v, w0: w0, in: group)
    guard Secret.matches(keys.confirmV, Secret(copying: confirmV)) else { throw .wrongSetupCode }
    return keys
  }
}
