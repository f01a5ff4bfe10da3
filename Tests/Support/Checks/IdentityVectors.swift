import ReplenishCore

/// PKCE and identities against `pkce.json` and `identity.json`.
package enum IdentityVectors {
  /// Every vector, one check each.
  package static func checks(_ folder: VectorFolder) -> [Check] {
    folder.checks(of: "pkce") { (vector, findings) throws(VectorFault) in try verifier(vector, findings) }
      + folder.checks(of: "pkce", "invalidVerifiers") { (vector, findings) throws(VectorFault) in
        let verifier = CodeVerifier(Secret(copying: try vector.text("value")))
        findings.expect(verifier == nil, "it counts as a verifier")
      }
      + folder.checks(of: "identity", "serials", label: "reason") { (vector, findings) throws(VectorFault) in
        let text = try vector.text("value")
        findings.expect(try .bool((try? SerialNumber(text)) != nil) == vector.member("valid"), "serial \(text)")
      }
      + folder.checks(of: "identity", "models", label: "reason") { (vector, findings) throws(VectorFault) in
        let text = try vector.text("value")
        findings.expect(try .bool((try? ModelID(text)) != nil) == vector.member("valid"), "model \(text)")
      }
  }

  private static func verifier(_ vector: Vector, _ findings: Findings) throws(VectorFault) {
    let text = try vector.text("verifier")
    guard let verifier = CodeVerifier(Secret(copying: text)) else { throw VectorFault("it counts as no verifier") }
    findings.expect(try verifier.challenge == vector.text("challenge"), "another challenge: \(verifier.challenge)")
    guard vector["octets"] != nil else { return }
    let octets = try vector.bytes("octets")
    findings.expect(Base64URL.encode(octets) == text, "another base64url")
    findings.expect(Base64URL.decode(text) == octets, "other bytes behind the base64url")
    if octets.count == 32 {
      let made = CodeVerifier(random: FixedRandom(octets))
      findings.expect(made?.secret.shownForTest == text, "another verifier from these random bytes")
    }
  }
}
