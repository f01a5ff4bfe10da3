import ReplenishCore

/// Sealed records against `sealed-record.json`.
package enum SealedRecordVectors {
  /// Every vector, one check each.
  package static func checks(_ folder: VectorFolder) -> [Check] {
    folder.checks(of: "sealed-record") { (vector, findings) throws(VectorFault) in
      guard let key = try folder.file("sealed-record")["key"]?.string else { throw VectorFault("it has no key") }
      try check(vector, key: Secret(copying: Vector.bytes(hex: key, "key")), findings)
    }
  }

  private static func check(_ vector: Vector, key: Secret, _ findings: Findings) throws(VectorFault) {
    let name = try vector.text("kind")
    guard let kind = RecordKind.allCases.first(where: { $0.rawValue == name }) else {
      throw VectorFault("there is no kind \(name)")
    }
    guard let sequence = UInt64(try vector.text("sequence")) else { throw VectorFault("the sequence is no number") }
    let payload = try vector.text("payload")
    let file = RecordEnvelope.encode(
      kind, sequence: sequence, payload: Secret(copying: payload), key: key, nonce: try vector.bytes("nonce"))
    findings.expect(try file?.disclosed == vector.bytes("file"), "another file")
    guard let seal = RecordSeal(key: key, source: "vector", random: FixedRandom([0])) else {
      throw VectorFault("the key is none")
    }
    guard case .opened(let found, let text) = RecordEnvelope.read(kind, try vector.secret("file"), seal: seal) else {
      throw VectorFault("the file does not open")
    }
    findings.expect(found == sequence, "another sequence number")
    findings.expect(text.disclosed == Array(payload.utf8), "another payload")
  }
}
