import Foundation
import ReplenishTestSupport
import Testing

/// The checks that `replenish-selftest` runs on boards, run here.
enum SharedChecks {
  static let vectorPath = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Vectors").path

  static let vectors = VectorFolder(vectorPath)

  /// Runs checks; each must pass, and each name stand for one.
  static func expectPassed(_ checks: [Check]) {
    #expect(!checks.isEmpty)
    #expect(Set(checks.map { $0.name }).count == checks.count, "two checks of one name")
    for check in checks {
      let wrong = check.run()
      #expect(wrong.isEmpty, "\(check.name): \(wrong)")
    }
  }
}

extension [UInt8] {
  init(hex: String) { self = (0..<hex.count / 2).compactMap { UInt8(hex.dropFirst(2 * $0).prefix(2), radix: 16) } }
  var hex: String { map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined() }
}
