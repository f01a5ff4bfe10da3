import ChildProcesses
import Foundation
import Testing

/// The program itself: what it writes, how it ends.
@Suite("Program", .timeLimit(.minutes(10)))
struct ProgramTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "amazon-emulator-\(UUID().uuidString)")

  private let program = ChildProcess.path(ofBuilt: "amazon-emulator")

  private func start(_ arguments: [String], errors: ChildProcess.Output = .nowhere) throws -> ChildProcess {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return try ChildProcess(program, arguments, in: folder.path, errors: errors)
  }

  private func content(of name: String) -> String? {
    try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  private func isReady() async throws {
    while content(of: "port") == nil { try await Task.sleep(for: .milliseconds(20)) }
  }

  @Test("it tells port and authority, says so in its log, and ends well when asked to")
  func terminate() async throws {
    let errors = Pipe()
    let process = try start(["--port", "0", "--ready-file", "port", "--ca-out", "ca.pem"], errors: .pipe(errors))
    defer { try? FileManager.default.removeItem(at: folder) }
    try await isReady()
    let port = try #require(Int(content(of: "port")?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""))
    #expect((1...65535).contains(port))
    #expect(content(of: "ca.pem")?.hasPrefix("-----BEGIN CERTIFICATE-----\n") == true)
    #expect(content(of: "ca.pem")?.contains("PRIVATE") == false)
    process.kill(SIGTERM)
    #expect(process.waitUntilExit() == .exit(0))
    let log = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(log.contains("listening on https://localhost:\(port)"))
  }

  @Test("it ends with the program that started it")
  func parent() async throws {
    let process = try start(["--http", "--port", "0", "--ready-file", "port", "--exit-with-parent"])
    defer { try? FileManager.default.removeItem(at: folder) }
    try await isReady()
    #expect(process.isRunning)
    try process.input.fileHandleForWriting.close()
    #expect(process.waitUntilExit() == .exit(0))
  }

  @Test(
    "a mistake is named, with its option",
    arguments: [
      (["--slot", "coffee"], "--slot"), (["--confidential-client", "web"], "--confidential-client"),
      (["--http", "--ca-out", "x"], "--ca-out"), (["--port", "70000"], "--port"),
      (["--port", "0", "--ca-out", "missing/ca.pem"], "missing/ca.pem"), (["--rotation", "often"], "--rotation"),
      (["--poll-interval", "0"], "--poll-interval"), (["--host", "203.0.113.1", "--http"], "--host"),
      (["--connector-url", "http://example.com/"], "--connector-url"), (["--aws-region", "x y"], "--aws-region"),
    ])
  func mistakes(arguments: [String], word: String) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (status, output) = try ChildProcess.run(program, arguments, in: folder.path)
    #expect(status != 0)
    #expect(output.contains("Error: ") && output.contains(word), "\(output)")
  }
}
