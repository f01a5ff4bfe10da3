import ReplenishCore

/// Records as they lie on disk, and what a device makes of them after a restart.
package enum RecordChecks {
  /// All of them.
  package static func checks() -> [Check] {
    [
      Check("record: every kind is read back") { (findings) throws(VectorFault) in
        for kind in RecordKind.allCases {
          let file = bytes(RecordEnvelope.encode(kind, sequence: 7, payload: Secret(copying: "payload")))
          findings.expect(file.count == RecordEnvelope.headerLength + 7, "\(kind.rawValue) has \(file.count) bytes")
          findings.expect(whole(kind, file) == "7:payload", "\(kind.rawValue) is read as something else")
        }
        let last = bytes(RecordEnvelope.encode(.link, sequence: .max, payload: Secret(copying: "")))
        findings.expect(whole(.link, last) == "18446744073709551615:", "the last sequence number is not kept")
      },
      Check("record: has the documented form") { (findings) throws(VectorFault) in
        let file = bytes(RecordEnvelope.encode(.journal, sequence: 0x0102, payload: Secret(copying: "abc")))
        // The digest was computed with sha256sum.
        let expected =
          "52504c4e5348520000010003000000000000010200000003" + "0000000000000000"
          + "509daaf30a8a4b1e392dd5eb9c1fd1133ac1d05e6241e718e976ba69479eea42" + "616263"
        findings.expect(Hex.encode(file) == expected, Hex.encode(file))
      },
      Check("record: every changed bit is noticed") { (findings) throws(VectorFault) in
        let file = linkRecord
        for index in file.indices {
          for bit in 0..<8 {
            var changed = file
            changed[index] ^= 1 << UInt8(bit)
            findings.expect(isDamaged(changed), "byte \(index), bit \(bit) passes")
          }
        }
      },
      Check("record: every other length is noticed") { (findings) throws(VectorFault) in
        for length in 0..<linkRecord.count {
          findings.expect(isDamaged(Array(linkRecord[..<length])), "\(length) bytes pass")
        }
        findings.expect(isDamaged(linkRecord + [0]), "a longer file passes")
      },
      Check("record: another kind is refused") { (findings) throws(VectorFault) in
        findings.expect(whole(.journal, linkRecord) == nil, "a link passes for a journal")
      },
      Check("record: the payload is bounded") { (findings) throws(VectorFault) in
        for (count, isTaken) in [(RecordEnvelope.maximumPayload, true), (RecordEnvelope.maximumPayload + 1, false)] {
          let file = RecordEnvelope.encode(.link, sequence: 1, payload: Secret(count: count) { _ in })
          findings.expect((file != nil) == isTaken, "\(count) bytes")
        }
      },
      // The second one is after 2038, beyond what 32 bits hold.
      survivesRestart("journal: presses survive a restart in 2026", clock: DeviceFixture.clock),
      survivesRestart("journal: presses survive a restart in 2050", clock: 2_524_608_000),
    ]
  }

  private static func survivesRestart(_ name: String, clock: Int64) -> Check {
    Check(name) { (findings) throws(VectorFault) in
      let life = DeviceFixture.life(clock: clock)
      try PowerCuts.powered { () throws(PowerLost) in
        try life.start()
        try life.connectPhone()
        try life.disconnectPhone()
        try life.press(slot: 0)
        try life.pass(5_000)
        for _ in 0..<30 { life.amazon.script(.replenish, .unreachable) }
        try life.press(slot: 1)
      }
      let before = life.status.presses
      findings.expect(before.count == 2, "\(before.count) presses instead of 2")
      let next = life.restarted(seed: 2)
      try PowerCuts.powered { () throws(PowerLost) in try next.start() }
      let after = next.status.presses
      findings.expect(next.status.link == .linked, "the link is lost")
      findings.expect(after.count == before.count, "\(after.count) presses after the restart")
      for (old, new) in zip(before, after) {
        let isSame = old.id == new.id && old.slot == new.slot && old.instanceID == new.instanceID
        findings.expect(isSame, "another press of \(old.slot)")
        let age = new.age ?? -1
        findings.expect(age >= 30 && age <= 40, "the press of \(old.slot) is \(age) s old")
      }
      // A day later, and not before, what could not be ordered is given up.
      next.amazon.clearScript()
      for _ in 0..<3000 { next.amazon.script(.replenish, .unreachable) }
      try PowerCuts.powered { () throws(PowerLost) in try next.pass(23 * 3_600_000) }
      findings.expect(next.status.presses.contains { $0.state.isOpen }, "a press of a day ends early")
      try PowerCuts.powered { () throws(PowerLost) in try next.pass(2 * 3_600_000) }
      findings.expect(!next.status.presses.contains { $0.state.isOpen }, "a press lives longer than a day")
    }
  }

  private static let linkRecord = bytes(
    RecordEnvelope.encode(.link, sequence: 9, payload: Secret(copying: "Atzr|secret")))

  private static func bytes(_ secret: Secret?) -> [UInt8] { secret?.disclosed ?? [] }

  private static func whole(_ kind: RecordKind, _ file: [UInt8]) -> String? {
    guard case .whole(let sequence, let payload) = RecordEnvelope.read(kind, Secret(copying: file)) else { return nil }
    return "\(sequence):" + payload.shownForTest
  }

  private static func isDamaged(_ file: [UInt8]) -> Bool {
    guard case .damaged = RecordEnvelope.read(.link, Secret(copying: file)) else { return false }
    return true
  }
}
