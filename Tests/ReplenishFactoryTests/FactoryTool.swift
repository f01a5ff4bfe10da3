import Foundation

/// The program replenish-factory.
enum FactoryTool {
  /// The name of a folder that is not there yet.
  static func newFolder() -> String {
    "\(FileManager.default.temporaryDirectory.path)/factory-\(UUID().uuidString)"
  }

  static func run(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
    let programs = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let process = Process()
    process.executableURL = programs.appendingPathComponent("replenish-factory")
    process.arguments = arguments
    let (standardInput, output) = (Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = output
    try process.run()
    try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try standardInput.fileHandleForWriting.close()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }
}
