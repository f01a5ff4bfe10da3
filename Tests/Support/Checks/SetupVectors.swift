import ReplenishCore

/// The setup code and SPAKE2+ against `spake2plus.json` and `setup-code.json`.
package enum SetupVectors {
  /// Every vector, one check each.
  package static func checks(_ folder: VectorFolder) -> [Check] {
    folder.checks(of: "setup-code") { (vector, findings) throws(VectorFault) in
      try derivation(vector, findings)
    }
      + folder.checks(of: "spake2plus") { (vector, findings) throws(VectorFault) in
        do throws(SetupFault) { try exchange(vector, findings) } catch { throw VectorFault("it fails: \(error.text)") }
      }
      + folder.checks(of: "spake2plus", "invalidShares") { (share, findings) throws(VectorFault) in
        let vector = try folder.list("spake2plus")[0]
        let bytes = try share.bytes("share")
        findings.expect((try? SPAKE2PlusVerifier.isPoint(bytes)) == false, "it counts as a point")
        try refuse(bytes, asVerifier: vector.secret("w0"), vector, findings)
        try refuse(bytes, asProver: vector.secret("w0"), vector, findings)
      }
      + folder.checks(of: "spake2plus", "degenerateShares") { (share, findings) throws(VectorFault) in
        let vector = try folder.list("spake2plus")[0]
        switch try share.text("role") {
        case "verifier": try refuse(share.bytes("share"), asVerifier: share.secret("w0"), vector, findings)
        case "prover": try refuse(share.bytes("share"), asProver: share.secret("w0"), vector, findings)
        default: throw VectorFault("there is no such role")
        }
      }
  }

  private static func derivation(_ vector: Vector, _ findings: Findings) throws(VectorFault) {
    let code = try SetupLink.setupCode(vector.text("code"))
    let salt = try vector.bytes("salt")
    let iterations = try vector.integer("iterations")
    let derived: (w0: [UInt8], w1: [UInt8], l: [UInt8])
    do throws(SetupFault) {
      let derivation = try SetupDerivation(code: code, salt: salt, iterations: iterations)
      derived = (derivation.w0.disclosed, derivation.w1.disclosed, try derivation.l().disclosed)
    } catch { throw VectorFault("it fails: \(error.text)") }
    findings.expect(try derived.w0 == vector.bytes("w0"), "another w0")
    findings.expect(try derived.w1 == vector.bytes("w1"), "another w1")
    findings.expect(try derived.l == vector.bytes("L"), "another L")
  }

  private static func parties(_ vector: Vector) throws(VectorFault) -> SPAKE2Plus {
    SPAKE2Plus(
      context: Array(try vector.text("context").utf8), prover: Array(try vector.text("idProver").utf8),
      verifier: Array(try vector.text("idVerifier").utf8))
  }

  private static func exchange(_ vector: Vector, _ findings: Findings) throws(SetupFault) {
    func expect(_ found: [UInt8], _ name: String) {
      findings.expect((try? vector.bytes(name)) == found, "another \(name)")
    }
    func secret(_ name: String) -> Secret { (try? vector.secret(name)) ?? Secret(copying: "") }
    func random(_ name: String) -> FixedRandom { FixedRandom((try? vector.bytes(name)) ?? []) }
    guard let exchange = try? parties(vector) else { throw .malformed }
    let prover = try SPAKE2PlusProver(exchange, w0: secret("w0"), w1: secret("w1"), random: random("x"))
    expect(prover.share, "shareP")
    let verifier = try SPAKE2PlusVerifier(
      exchange, w0: secret("w0"), l: secret("L"), shareP: prover.share, random: random("y"))
    expect(verifier.share, "shareV")
    expect(verifier.keys.confirmV.disclosed, "confirmV")
    expect(verifier.keys.confirmP.disclosed, "confirmP")
    expect(verifier.keys.shared.disclosed, "K_shared")
    let keys = try prover.finish(shareV: verifier.share, confirmV: verifier.keys.confirmV.disclosed)
    expect(keys.confirmP.disclosed, "confirmP")
    expect(keys.shared.disclosed, "K_shared")
    let transcript = try exchange.transcript(
      shareP: prover.share, shareV: verifier.share, z: secret("Z"), v: secret("V"), w0: secret("w0"), in: P256())
    expect(transcript.disclosed, "TT")
    expect(try KeyDerivation.digest(transcript).disclosed, "K_main")
  }

  private static func refuse(
    _ share: [UInt8], asVerifier w0: Secret, _ vector: Vector, _ findings: Findings
  ) throws(VectorFault) {
    let (exchange, l) = (try parties(vector), try vector.secret("L"))
    do throws(SetupFault) {
      _ = try SPAKE2PlusVerifier(exchange, w0: w0, l: l, shareP: share, random: SeededRandom(2))
      findings.add("the verifier accepts it")
    } catch { findings.expect(error == .invalidShare, "the verifier refuses it for another reason") }
  }

  private static func refuse(
    _ share: [UInt8], asProver w0: Secret, _ vector: Vector, _ findings: Findings
  ) throws(VectorFault) {
    let (exchange, w1) = (try parties(vector), try vector.secret("w1"))
    do throws(SetupFault) {
      let prover = try SPAKE2PlusProver(exchange, w0: w0, w1: w1, random: SeededRandom(2))
      _ = try prover.finish(shareV: share, confirmV: [UInt8](repeating: 0, count: 32))
      findings.add("the prover accepts it")
    } catch { findings.expect(error == .invalidShare, "the prover refuses it for another reason") }
  }
}
