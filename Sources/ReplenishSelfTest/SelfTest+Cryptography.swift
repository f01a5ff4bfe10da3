import ReplenishCore

// Each answer is a parameter, so that a test can show that another one fails.
extension SelfTest {
  static func sha256(
    is answer: StaticString = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  ) -> Bool {
    equal(Secret(copying: SHA256.digest(bytes("abc"))), answer)
  }

  /// RFC 4231 section 4.3.
  static func hmac(
    is answer: StaticString = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
  ) -> Bool {
    equal(try? KeyDerivation.hmac(Secret(copying: bytes("Jefe")), bytes("what do ya want for nothing?")), answer)
  }

  /// RFC 5869 appendix A.1.
  static func hkdf(
    is answer: StaticString = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
  ) -> Bool {
    let key = secret("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")
    let derived = try? KeyDerivation.hkdf(
      key, salt: hex("000102030405060708090a0b0c"), info: hex("f0f1f2f3f4f5f6f7f8f9"), count: 42)
    return equal(derived, answer)
  }

  /// Test case 14 of the proposal of GCM to NIST: key, nonce and message are zero.
  static let sealedZeros: StaticString = "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"

  static func seals(as answer: StaticString = sealedZeros) -> Bool {
    var sealing = zeroSealing()
    guard let sealed = try? sealing.seal(Secret(count: 16) { _ in }, additional: []) else { return false }
    return equal(Secret(copying: sealed), answer)
  }

  /// Tried on the first byte of the message and on the last one of the tag.
  static func refusesTampering(with sealed: StaticString = sealedZeros) -> Bool {
    opens(sealed, flipping: 0, 0) && !opens(sealed, flipping: 1, 0) && !opens(sealed, flipping: 0, 1)
  }

  private static func opens(_ sealed: StaticString, flipping first: UInt8, _ last: UInt8) -> Bool {
    var sealed = hex(sealed)
    sealed[0] ^= first
    sealed[sealed.count - 1] ^= last
    var sealing = zeroSealing()
    return equal(try? sealing.open(sealed, additional: []), "00000000000000000000000000000000")
  }

  private static func zeroSealing() -> Sealing { Sealing(key: Secret(count: 32) { _ in }) }

  /// RFC 6979 appendix A.2.5: the key pair.
  static func multipliesBasePoint(
    to answer: StaticString =
      "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
  ) -> Bool {
    do throws(SetupFault) {
      let group = try P256()
      let number = secret("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
      guard let scalar = try group.scalar(number) else { return false }
      return equal(try group.bytes(group.multiply(base: scalar)), answer)
    } catch { return false }
  }

  /// RFC 9383 appendix C, the vector for P-256, SHA-256, HKDF and HMAC: share and both proofs.
  static func spake2plus(
    shareV: StaticString =
      "04c0f65da0d11927bdf5d560c69e1d7d939a05b0e88291887d679fcadea75810fb5cc1ca7494db39e82ff2f50665255d76173e09986ab46742c798a9a68437b048",
    confirmP: StaticString = "926cc713504b9b4d76c9162ded04b5493e89109f6d89462cd33adc46fda27527",
    confirmV: StaticString = "9747bcc4f8fe9f63defee53ac9b07876d907d55047e6ff2def2e7529089d3e68"
  ) -> Bool {
    let exchange = SPAKE2Plus(
      context: bytes("SPAKE2+-P256-SHA256-HKDF-SHA256-HMAC-SHA256 Test Vectors"), prover: bytes("client"),
      verifier: bytes("server"))
    let verifier = try? SPAKE2PlusVerifier(
      exchange, w0: secret("bb8e1bbcf3c48f62c08db243652ae55d3e5586053fca77102994f23ad95491b3"),
      l: secret(
        "04eb7c9db3d9a9eb1f8adab81b5794c1f13ae3e225efbe91ea487425854c7fc00f00bfedcbd09b2400142d40a14f2064ef31dfaa903b91d1faea7093d835966efd"
      ),
      shareP: hex(
        "04ef3bd051bf78a2234ec0df197f7828060fe9856503579bb1733009042c15c0c1de127727f418b5966afadfdd95a6e4591d171056b333dab97a79c7193e341727"
      ), random: Drawn(hex("717a72348a182085109c8d3917d6c43d59b224dc6a7fc4f0483232fa6516d8b3")))
    guard let verifier else { return false }
    return equal(Secret(copying: verifier.share), shareV) && equal(verifier.keys.confirmP, confirmP)
      && equal(verifier.keys.confirmV, confirmV)
  }

  /// RFC 7636 appendix B.
  static func codeChallenge(is answer: StaticString = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM") -> Bool {
    let verifier = CodeVerifier(Secret(copying: bytes("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")))
    return verifier.map { Array($0.challenge.utf8) == bytes(answer) } ?? false
  }
}

/// Gives out the number that a test vector fixes.
private final class Drawn: RandomSource {
  private let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func fill(_ target: UnsafeMutableRawBufferPointer) -> Bool {
    guard bytes.count == target.count else { return false }
    target.copyBytes(from: bytes)
    return true
  }
}
