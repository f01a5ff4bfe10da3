import ReplenishTestSupport
import Testing

/// Framing and records, as `replenish-selftest` runs them on boards.
@Suite struct WireAndRecordTests {
  @Test func wire() { SharedChecks.expectPassed(WireChecks.checks()) }

  @Test func records() { SharedChecks.expectPassed(RecordChecks.checks()) }

  /// The proof that a check can fail, and that one which compares nothing has failed.
  @Test func aCheckFailsWhenItShould() {
    let passes = Check("passes") { (findings) throws(VectorFault) in findings.expect(true, "never said") }
    #expect(passes.run().isEmpty)
    let fails = Check("fails") { (findings) throws(VectorFault) in findings.expect(1 == 2, "one is not two") }
    #expect(fails.run() == ["one is not two"])
    let breaks = Check("breaks") { (_) throws(VectorFault) in throw VectorFault("no such file") }
    #expect(breaks.run() == ["no such file"])
    #expect(Check("idle") { (_) throws(VectorFault) in }.run() == ["it compared nothing"])
  }
}
