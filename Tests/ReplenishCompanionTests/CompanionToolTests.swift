import Foundation
import ReplenishCore
import ReplenishHost
import Testing

@testable import ReplenishCompanion

/// Runs the program itself against a device on a socket, and pastes the redirect as an owner would.
@Suite struct CompanionToolTests {
  private struct Run {
    var status: Int32
    var output: String
  }

  private static let code = "2101-7149"
  private static let label = "replenish:v1?id=010203&code=21017149&model=Brewer%2B3"

  private let device: SocketDevice

  init() throws {
    let code = try SetupCode(Secret(copying: CompanionToolTests.code))
    device = SocketDevice(
      credential: try SetupCredential(
        code: code, shortID: try #require(ShortID([1, 2, 3])), salt: [UInt8](repeating: 7, count: 16),
        iterations: 10_000))
  }

  /// Runs the companion; `paste` makes the redirect from the `state` of the address that it prints.
  private func run(_ arguments: [String], paste: (String) -> String = { _ in "" }) throws -> Run {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let process = Process()
    process.executableURL = folder.appendingPathComponent("companion")
    process.arguments = arguments
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    var text = ""
    while case let piece = output.fileHandleForReading.availableData, !piece.isEmpty {
      text += String(decoding: piece, as: UTF8.self)
      guard text.contains("Paste it here:"), let state = text.firstMatch(of: /&state=([\w-]+)/)?.1 else { continue }
      // Closing it after one line is what makes a second prompt end the program rather than hang the test.
      try? input.fileHandleForWriting.write(contentsOf: Data((paste(String(state)) + "\n").utf8))
      try? input.fileHandleForWriting.close()
    }
    process.waitUntilExit()
    return Run(status: process.terminationStatus, output: text)
  }

  private func link(_ more: String..., label: String = label, paste: (String) -> String) throws -> Run {
    try run(
      [
        "--socket", device.path, "--label", label, "--client-id", "client.1", "--redirect-uri",
        "https://app.example/done", "--paste", "--verbose",
      ] + more, paste: paste)
  }

  private func redirect(_ state: String) -> String { "https://app.example/done?code=ANplanted1&state=\(state)" }

  @Test func linksAndShowsNoSecret() throws {
    let run = try link(paste: redirect)
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.hasSuffix("Linked.\n"))
    #expect(run.output.contains("Write Request"))
    for secret in ["2101-7149", "21017149", "ANplanted1"] { #expect(!run.output.contains(secret)) }
    let grants = device.end().grants
    #expect(grants.map { $0.code.withBytes { String(decoding: $0, as: UTF8.self) } } == ["ANplanted1"])
  }

  @Test func refusesAnotherState() throws {
    let run = try link { _ in redirect("other") }
    #expect(run.status == 6)
    #expect(run.output.contains("does not carry the state"))
    #expect(device.end().grants.isEmpty)
  }

  @Test func saysThatTheCodeIsWrong() throws {
    let run = try link(label: CompanionToolTests.label.replacing("21017149", with: "92740163"), paste: redirect)
    #expect(run.status == 4)
    #expect(device.end().grants.isEmpty)
  }

  @Test func hangsUpOnPurpose() throws {
    #expect(try link("--hang-up-after", "confirmV", paste: redirect).status == 10)
    let seen = device.end()
    #expect(seen.guesses == 1)
    #expect(seen.proofs == 0)
  }

  @Test func triesAWrongCodeFirst() throws {
    #expect(try link("--wrong-code-first", paste: redirect).status == 0)
    #expect(device.end().guesses == 2)
  }

  @Test func saysThatNoDeviceIsThere() throws {
    _ = device.end()
    let run = try link(paste: redirect)
    #expect(run.status == 3)
    #expect(run.output.contains("no device listens at"))
  }

  /// Without Bluetooth in the kernel or without this adapter, it says so in one line.
  @Test func saysThatTheAdapterIsNotThere() throws {
    _ = device.end()
    let run = try run(["--bluetooth", "--adapter", "hci65000", "--identify", "--label", CompanionToolTests.label])
    #expect(run.status == 3)
    let lines = run.output.split(separator: "\n")
    #expect(lines.last?.contains("Bluetooth") == true && lines.count <= 2, "\(run.output)")
  }

  @Test(arguments: [
    (["--code", code], "one of --bluetooth and --socket is needed"),
    (["--socket", "x", "--client-id", "i"], "give one of --label-file"),
    (["--socket", "x", "--code", "1234"], "has 8 digits"),
    (["--socket", "x", "--code", code], "--client-id is needed"),
    (["--socket", "x", "--code", code, "--label", label], "give one of"), (["--nothing"], "no option --nothing"),
    (["--socket", "x", "--code", code, "--client-id", "i", "--redirect-uri", "done"], "no whole URL"),
    (["--socket", "x", "--code", code, "--client-id", "i", "--authorize-url", "http://x"], "begin with https://"),
    (["--socket", "x", "--code", code, "--client-id", "i", "--login-file", "/nowhere"], "/nowhere: cannot open"),
    (["--socket", "x", "--code", code, "--hang-up-after", "lunch"], "--hang-up-after knows connect"),
    (["--socket", "x", "--label-file", "/dev/null"], "no payload of a device's label"),
    (["--socket", "x", "--bluetooth", "--code", code], "one of --bluetooth and --socket"),
    (["--socket", "x", "--adapter", "hci0", "--code", code], "--adapter is only of use with --bluetooth"),
    (["--bluetooth", "--adapter", "0", "--code", code], "--adapter is hci0 or the like"),
    (["--bluetooth", "--short-id", "4F2A", "--code", code], "--short-id has six hexadecimal digits"),
    (["--bluetooth", "--short-id", "4F2A9C", "--label", label], "--short-id is of no use with a label"),
    (["--bluetooth", "--short-id", "4F2A9C", "--name", "Kettle", "--code", code], "one of --short-id and --name"),
    (["word"], "word belongs to no"),
  ])
  func explainsAWrongCommandLine(arguments: [String], explanation: String) throws {
    _ = device.end()
    let run = try run(arguments)
    #expect(run.status == 2)
    #expect(run.output.contains(explanation), "\(run.output)")
  }
}
