import ReplenishCore
import ReplenishLinux
import ReplenishSelfTest

/// What `replenish-selftest` runs on a board: all that the host's tests run of these checks, and of the power cuts a share
/// that a small processor is done with in a minute.
package enum BoardChecks {
  /// All checks in the order they run.
  package static func all(vectors path: String, scratch: String) -> [Check] {
    let folder = VectorFolder(path)
    return [programs] + vectors(folder) + WireChecks.checks() + RecordChecks.checks()
      + StorageChecks.checks(in: scratch) + PowerCuts.checks(every: 4)
      + DiskCuts.checks([.link, .press, .unlink, .guess], every: 6)
  }

  /// Every file of the folder of vectors.
  package static func vectors(_ folder: VectorFolder) -> [Check] {
    TokenVectors.checks(folder) + DashVectors.checks(folder) + IdentityVectors.checks(folder)
      + SetupVectors.checks(folder) + SessionVectors.checks(folder) + SealedRecordVectors.checks(folder)
      + AttributeVectors.checks(folder)
  }

  /// The short test that programs carry themselves.
  private static var programs: Check {
    Check("self-test: what programs carry") { (findings) throws(VectorFault) in
      let report = { (name: StaticString, passed: Bool) in findings.expect(passed, "\(name)") }
      _ = SelfTest.run(random: SystemRandom(), uptime: { SystemClock.now().uptime }, report: report)
      _ = SelfTest.runControl(report: report)
    }
  }
}
