import Testing

@testable import ReplenishCore

@Suite struct SPAKE2PlusTests {
  private func exchange(_ vector: [String: Any]) -> SPAKE2Plus {
    SPAKE2Plus(
      context: Array(vector.text("context").utf8), prover: Array(vector.text("idProver").utf8),
      verifier: Array(vector.text("idVerifier").utf8))
  }

  @Test func matchesRFC9383AndTheComputedVectors() throws {
    let vectors = try SetupVectors.list("spake2plus.json", "vectors")
    #expect(vectors.contains { $0["published"] as? Bool == true })
    for vector in vectors {
      let name = Comment(rawValue: vector.text("name"))
      let exchange = exchange(vector)
      let prover = try SPAKE2PlusProver(
        exchange, w0: vector.secret("w0"), w1: vector.secret("w1"), random: FixedRandom(vector.bytes("x")))
      #expect(prover.share == vector.bytes("shareP"), name)

      let verifier = try SPAKE2PlusVerifier(
        exchange, w0: vector.secret("w0"), l: vector.secret("L"), shareP: prover.share,
        random: FixedRandom(vector.bytes("y")))
      #expect(verifier.share == vector.bytes("shareV"), name)
      #expect(verifier.keys.confirmV.disclosed == vector.bytes("confirmV"), name)
      #expect(verifier.keys.confirmP.disclosed == vector.bytes("confirmP"), name)
      #expect(verifier.keys.shared.disclosed == vector.bytes("K_shared"), name)

      let keys = try prover.finish(shareV: verifier.share, confirmV: verifier.keys.confirmV.disclosed)
      #expect(keys.confirmP.disclosed == vector.bytes("confirmP"), name)
      #expect(keys.shared.disclosed == vector.bytes("K_shared"), name)

      let transcript = try exchange.transcript(
        shareP: prover.share, shareV: verifier.share, z: vector.secret("Z"), v: vector.secret("V"),
        w0: vector.secret("w0"), in: P256())
      #expect(transcript.disclosed == vector.bytes("TT"), name)
      #expect(try KeyDerivation.digest(transcript).disclosed == vector.bytes("K_main"), name)
    }
  }

  @Test func refusesSharesThatAreNoPoints() throws {
    let vector = try #require(try SetupVectors.list("spake2plus.json", "vectors").first)
    let shares = try SetupVectors.list("spake2plus.json", "invalidShares")
    #expect(shares.count > 10)
    for share in shares {
      let name = Comment(rawValue: share.text("name"))
      #expect(try !SPAKE2PlusVerifier.isPoint(share.bytes("share")), name)
      #expect(throws: SetupFault.invalidShare, name) {
        try SPAKE2PlusVerifier(
          exchange(vector), w0: vector.secret("w0"), l: vector.secret("L"), shareP: share.bytes("share"),
          random: SeededRandom(1))
      }
      let prover = try SPAKE2PlusProver(
        exchange(vector), w0: vector.secret("w0"), w1: vector.secret("w1"), random: SeededRandom(1))
      #expect(throws: SetupFault.invalidShare, name) {
        try prover.finish(shareV: share.bytes("share"), confirmV: [UInt8](repeating: 0, count: 32))
      }
    }
  }

  @Test func refusesSharesThatWouldMakeZTheIdentity() throws {
    let vector = try #require(try SetupVectors.list("spake2plus.json", "vectors").first)
    let shares = try SetupVectors.list("spake2plus.json", "degenerateShares")
    #expect(Set(shares.map { $0.text("role") }) == ["prover", "verifier"])
    for share in shares {
      if share.text("role") == "verifier" {
        #expect(throws: SetupFault.invalidShare) {
          try SPAKE2PlusVerifier(
            exchange(vector), w0: share.secret("w0"), l: vector.secret("L"), shareP: share.bytes("share"),
            random: SeededRandom(2))
        }
      } else {
        let prover = try SPAKE2PlusProver(
          exchange(vector), w0: share.secret("w0"), w1: vector.secret("w1"), random: SeededRandom(2))
        #expect(throws: SetupFault.invalidShare) {
          try prover.finish(shareV: share.bytes("share"), confirmV: [UInt8](repeating: 0, count: 32))
        }
      }
    }
  }

  @Test func failsWithoutRandomness() throws {
    let vector = try #require(try SetupVectors.list("spake2plus.json", "vectors").first)
    #expect(throws: SetupFault.cryptographyFailed) {
      try SPAKE2PlusProver(exchange(vector), w0: vector.secret("w0"), w1: vector.secret("w1"), random: FixedRandom([]))
    }
  }

  @Test func drawsAgainWhatIsNoScalar() throws {
    let group = try P256()
    let order = [UInt8](hex: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    let one = [UInt8](repeating: 0, count: 31) + [1]
    let drawn = try group.randomScalar(FixedRandom(order + [UInt8](repeating: 0, count: 32) + one))
    #expect(
      try group.bytes(group.multiply(base: drawn))?.disclosed.prefix(5).map { $0 } == [4, 0x6b, 0x17, 0xd1, 0xf2])
  }
}
