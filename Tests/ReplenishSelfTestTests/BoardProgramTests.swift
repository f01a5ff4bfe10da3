import Foundation
import ReplenishTestSupport
import Testing

/// The program `replenish-selftest` itself: it passes here, and it goes red for what is damaged.
@Suite struct BoardProgramTests {
  private static let vectors = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Vectors")

  private struct Run {
    let status: Int32
    let lines: [String]
    let errors: String

    /// Starts the program beside this test, and waits for its end.
    init(_ arguments: [String]) throws {
      let built = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      let process = Process()
      process.executableURL = built.appendingPathComponent("replenish-selftest")
      process.arguments = arguments
      let (output, error) = (Pipe(), Pipe())
      process.standardOutput = output
      process.standardError = error
      try process.run()
      let said = try output.fileHandleForReading.readToEnd() ?? Data()
      let complained = try error.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      status = process.terminationStatus
      lines = String(decoding: said, as: UTF8.self).split(separator: "\n").map(String.init)
      errors = String(decoding: complained, as: UTF8.self)
    }

    var failed: [String] { lines.filter { $0.hasPrefix("not ok") } }
  }

  /// A copy of the vectors to damage, removed at the end.
  private final class Copy {
    let folder: URL

    init() throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("replenish-vectors-\(UUID().uuidString)")
      try FileManager.default.copyItem(at: BoardProgramTests.vectors, to: folder)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func replace(_ name: String, _ old: String, with new: String) throws {
      let file = folder.appendingPathComponent(name)
      let text = try String(contentsOf: file, encoding: .utf8)
      let range = try #require(text.range(of: old), "\(name) has no \(old)")
      try text.replacingCharacters(in: range, with: new).write(to: file, atomically: true, encoding: .utf8)
    }
  }

  private static let quick = [
    "lwa-", "drs-", "pkce", "identity", "spake2plus", "setup-session", "vectors", "att", "framing", "record", "storage",
    "self-test",
  ].flatMap { ["--only", $0] }

  @Test func passesHereAndCountsWhatItRan() throws {
    let run = try Run(["--vectors", Self.vectors.path] + Self.quick)
    #expect(run.status == 0 && run.failed.isEmpty, "\(run.failed)")
    #expect(run.lines.first == "TAP version 13")
    let results = run.lines.filter { $0.hasPrefix("ok ") }
    #expect(run.lines.dropFirst().first == "1..\(results.count)")
    #expect(run.lines.last?.hasPrefix("# \(results.count) checks, \(results.count) passed, 0 failed, ") == true)
    #expect(results.count > 450)
  }

  /// One thing at a time is damaged; just that vector must fail, by its name.
  @Test(
    arguments: [
      ("drs-replenish.json", "STANDARD_ORDER_PLACED", "STANDARD_ORDER_PLACEE", "drs-replenish: "),
      (
        "pkce.json", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN",
        "pkce: "
      ),
      ("spake2plus.json", "0c5f8ccd1413423a", "0c5f8ccd1413423b", "spake2plus: RFC 9383 appendix C"),
      ("setup-session.json", "ef071c6eefacea82", "ef071c6eefacea83", "setup-session: K_shared"),
      ("identity.json", "\"valid\": true", "\"valid\": false", "identity serials: "),
      ("lwa-token-errors.json", "\"unlinks\": true", "\"unlinks\": false", "lwa-token-errors: "),
    ]) func aDamagedVectorFails(file: String, old: String, new: String, name: String) throws
  {
    let copy = try Copy()
    try copy.replace(file, old, with: new)
    let suite = String(file.dropLast(5))
    let run = try Run(["--vectors", copy.folder.path, "--only", suite])
    #expect(run.status == 1)
    #expect(run.failed.count == 1 && run.failed.first?.contains(" - \(name)") == true, "\(run.failed)")
    #expect(run.lines.last?.contains(", 1 failed, ") == true)
  }

  @Test func aFileThatIsTornOrMissingOrUnknownFails() throws {
    let copy = try Copy()
    try FileManager.default.removeItem(at: copy.folder.appendingPathComponent("drs-errors.json"))
    try copy.replace("lwa-authorize.json", "{", with: "")
    try Data("{}".utf8).write(to: copy.folder.appendingPathComponent("lwa-new.json"))
    let run = try Run([
      "--vectors", copy.folder.path, "--only", "drs-errors", "--only", "lwa-authorize", "--only", "vectors",
    ])
    #expect(run.status == 1)
    #expect(run.failed.count == 4, "\(run.failed)")
    #expect(run.lines.contains { $0.contains("drs-errors.json: No such file or directory; name the folder") })
    #expect(run.lines.contains { $0.contains("lwa-authorize.json is not JSON") })
  }

  @Test func aFolderThatCannotBeWrittenFails() throws {
    let run = try Run(["--scratch", "/nowhere", "--only", "storage"])
    #expect(run.status == 1 && !run.failed.isEmpty)
    #expect(run.lines.contains { $0.contains("/nowhere/") && $0.hasSuffix("name another --scratch") })
  }

  @Test func namesItsChecksAndRunsOnlyThose() throws {
    let list = try Run(["--list", "--vectors", Self.vectors.path])
    #expect(list.status == 0 && list.lines.count > 500)
    #expect(list.lines.contains("power cut: press") && list.lines.contains("disk cut: link"))
    let one = try Run(["--only", "framing: cuts"])
    #expect(one.status == 0 && one.lines.contains("1..1"))
  }

  @Test func saysWhatIsWrongWithItsArguments() throws {
    for (words, said) in [
      (["--frob"], "unknown argument '--frob'"), (["--only"], "--only needs a value"),
      (["--only", "nothing"], "no check begins with 'nothing'"),
    ] {
      let run = try Run(words)
      #expect(run.status == 2 && run.errors.contains(said) && run.lines.isEmpty, "\(run.errors)")
    }
    #expect(try Run(["--help"]).status == 0)
  }
}
