import ReplenishCore
import Testing

@testable import ReplenishCore

/// What ``RecordChecks`` cannot make: records of other versions.
@Suite struct RecordEnvelopeTests {
  private func bytes(_ secret: Secret?) -> [UInt8] { secret?.withBytes { Array($0) } ?? [] }

  @Test func tellsALaterVersionFromDamage() {
    let file = RecordEnvelope.encode(.link, version: 2, sequence: 4, payload: Secret(copying: "later"))
    guard case .newer(version: 2, sequence: 4) = RecordEnvelope.read(.link, Secret(copying: bytes(file))) else {
      Issue.record("a later version was not recognized")
      return
    }
    let old = RecordEnvelope.encode(.link, version: 0, sequence: 4, payload: Secret(copying: "never"))
    guard case .damaged = RecordEnvelope.read(.link, Secret(copying: bytes(old))) else {
      Issue.record("version 0 passed")
      return
    }
  }
}
