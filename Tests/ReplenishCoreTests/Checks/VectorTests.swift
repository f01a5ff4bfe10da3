import Foundation
import ReplenishTestSupport
import Testing

/// Every vector of `Tests/Vectors`, as `replenish-selftest` runs them on boards.
@Suite struct VectorTests {
  @Test func loginWithAmazon() { SharedChecks.expectPassed(TokenVectors.checks(SharedChecks.vectors)) }

  @Test func dashReplenishment() { SharedChecks.expectPassed(DashVectors.checks(SharedChecks.vectors)) }

  @Test func identityAndCodeChallenge() { SharedChecks.expectPassed(IdentityVectors.checks(SharedChecks.vectors)) }

  @Test func attributeProtocol() { SharedChecks.expectPassed(AttributeVectors.checks(SharedChecks.vectors)) }

  @Test func setupCodeAndHandshake() { SharedChecks.expectPassed(SetupVectors.checks(SharedChecks.vectors)) }

  /// `REPLENISH_WRITE_VECTORS=1 swift test --filter VectorTests` writes the file anew, after a change of the protocol that
  /// is meant.
  @Test func setupSession() throws {
    if ProcessInfo.processInfo.environment["REPLENISH_WRITE_VECTORS"] == "1" {
      let made = try JSONSerialization.data(
        withJSONObject: SessionVectors.record().foundation,
        options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
      let file = URL(fileURLWithPath: SharedChecks.vectorPath).appendingPathComponent("setup-session.json")
      try (made + Data("\n".utf8)).write(to: file)
    }
    SharedChecks.expectPassed(SessionVectors.checks(SharedChecks.vectors))
  }

  private func files() throws -> [URL] {
    let folder = URL(fileURLWithPath: SharedChecks.vectorPath)
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }
  }

  /// The checks read JSON with a reader of their own; here it meets Foundation's.
  @Test func theFilesSayWhatFoundationReads() throws {
    #expect(try files().count > 15)
    for file in try files() {
      let data = try Data(contentsOf: file)
      let read = try #require(TestJSON.parse(Array(data)), "\(file.lastPathComponent)")
      let expected = try JSONSerialization.jsonObject(with: data) as? NSDictionary
      #expect(expected != nil && read.foundation as? NSDictionary == expected, "\(file.lastPathComponent)")
    }
  }

  @Test(arguments: [
    "", "{", #"{"a":1,"a":2}"#, #"{"a":1}x"#, #"{"a":1,}"#, "[1,]", "tru", #"{'a':1}"#, #""\x""#, #""\ud800""#, "1.e",
    "\"\u{1}\"", "+", "-", #"{"a"}"#, "[1 2]",
  ]) func theReaderRefuses(_ text: String) {
    #expect(TestJSON.parse(Array(text.utf8)) == nil)
  }

  /// No vector is without a check: each file has as many as vectors.
  @Test func everyVectorIsChecked() throws {
    let names = BoardChecks.vectors(SharedChecks.vectors).map { $0.name }
    for file in try files() where file.lastPathComponent != "setup-session.json" {
      let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
      let vectors = (object ?? [:]).values.compactMap { ($0 as? [[String: Any]])?.count }.reduce(0, +)
      let name = file.deletingPathExtension().lastPathComponent
      let checks = names.count { $0.hasPrefix(name + ": ") || $0.hasPrefix(name + " ") }
      #expect(checks == vectors && vectors > 0, "\(name)")
    }
  }
}

extension TestJSON {
  /// The value as Foundation has it.
  fileprivate var foundation: Any {
    switch self {
    case .null: NSNull()
    case .bool(let value): value
    case .number(let value): value
    case .string(let text): text
    case .array(let elements): elements.map { $0.foundation }
    case .object(let members): members.mapValues { $0.foundation }
    }
  }
}
