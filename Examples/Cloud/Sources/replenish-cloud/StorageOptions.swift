import ArgumentParser
import Foundation
import ReplenishCloud

/// The database and the keys of what is sealed in it.
struct StorageOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The SQLite database; made when it is not there.", valueName: "file"))
  var database = "replenish-cloud.sqlite"

  @Option(help: ArgumentHelp("The file of the keys that seal tokens; see replenish-cloud key.", valueName: "file"))
  var keys = "replenish-cloud.keys"

  func open() async throws -> SQLStorage {
    try await explained { try await SQLStorage.open(database, keys: try KeyFile(path: keys)) }
  }
}

/// Ends the program with one line instead of a dump of the error.
func explained<Value>(
  isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Value
) async throws -> Value {
  do {
    return try await work()
  } catch let error as any Error & CustomStringConvertible where !(error is ValidationError) {
    throw ValidationError(error.description)
  }
}

/// Ends the program with one line instead of a dump of the error.
func explained<Value>(_ work: () throws -> Value) throws -> Value {
  do {
    return try work()
  } catch let error as any Error & CustomStringConvertible where !(error is ValidationError) {
    throw ValidationError(error.description)
  }
}

/// A text file that an option names.
func text(of file: String, option: String) throws -> String {
  guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
    throw ValidationError("Cannot read \(file) (\(option)): is it there, and may you read it?")
  }
  return text
}
