import ReplenishCore

/// The Attribute Protocol against `att.json`, each vector over a connection of its own.
package enum AttributeVectors {
  /// Every vector, one check each.
  package static func checks(_ folder: VectorFolder) -> [Check] {
    folder.checks(of: "att") { (vector, findings) throws(VectorFault) in
      var connection = PhoneConnection(
        credential: DeviceFixture.credential, model: SetupLink.model, random: SeededRandom(1))
      guard let exchanges = try vector.member("exchanges").elements, !exchanges.isEmpty else {
        throw VectorFault("exchanges is no list, or an empty one")
      }
      for (index, element) in exchanges.enumerated() {
        let exchange = try Vector(element, in: vector.file)
        var answer: [UInt8] = []
        for case .transmit(let packet) in connection.receive(packet: try exchange.bytes("request")) { answer += packet }
        findings.expect(
          try answer == exchange.bytes("answer"), "request \(index + 1) is answered with \(Hex.encode(answer))")
      }
    }
  }
}
