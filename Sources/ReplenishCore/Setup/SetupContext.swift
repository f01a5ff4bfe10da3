/// What both sides must agree on before the handshake, bound into it as the SPAKE2+ `Context`.
package struct SetupContext {
  /// The version that the device chose.
  var version: UInt8
  /// Every version that the phone offered, in its order.
  var offered: [UInt8]
  /// The device's salt.
  var salt: [UInt8]
  /// The device's iteration count.
  var iterations: Int
  /// The device's model id.
  var model: [UInt8]

  package init(version: UInt8, offered: [UInt8], salt: [UInt8], iterations: Int, model: [UInt8]) {
    self.version = version
    self.offered = offered
    self.salt = salt
    self.iterations = iterations
    self.model = model
  }

  /// The exchange that these agree on: each part of the context after its length as eight bytes, little-endian.
  package var exchange: SPAKE2Plus {
    var context: [UInt8] = []
    for part in [SetupProtocol.name.bytes, [version], offered, salt, BigEndian.bytes(iterations, count: 4), model] {
      context += SPAKE2Plus.length(part.count) + part
    }
    return SPAKE2Plus(
      context: context, prover: SetupProtocol.proverIdentity.bytes, verifier: SetupProtocol.verifierIdentity.bytes)
  }
}

/// Numbers as bytes, the most significant first.
enum BigEndian {
  /// The low `count` bytes of a number.
  static func bytes(_ number: Int, count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }
}
