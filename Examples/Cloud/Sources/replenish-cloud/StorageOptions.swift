import ArgumentParser
import Foundation
import ReplenishCloud

/// The database and the keys of what is sealed in it.
struct StorageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The database: a file of SQLite, made when it is not there, or one of PostgreSQL, \
      postgresql://ROLE@HOST/DATABASE?sslmode=verify-full, whose password is in the file that passfile=FILE in the \
      address or the variable PGPASSFILE names.
      """, valueName: "file or address"))
  var database = "replenish-cloud.sqlite"

  @Option(help: ArgumentHelp("The file of the keys that seal tokens; see replenish-cloud key.", valueName: "file"))
  var keys = "replenish-cloud.keys"

  @Option(help: ArgumentHelp("How many connections to PostgreSQL this instance has at most.", valueName: "number"))
  var databaseConnections = 8

  func validate() throws {
    guard (1...100).contains(databaseConnections) else {
      throw ValidationError("--database-connections \(databaseConnections) is not a number from 1 to 100.")
    }
  }

  func open() async throws -> SQLStorage {
    try await explained {
      try await SQLStorage.open(database, keys: try KeyFile(path: keys), connections: databaseConnections)
    }
  }
}

/// Ends the program with one line instead of a dump of the error.
func explained<Value>(
  isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Value
) async throws -> Value {
  do {
    return try await work()
  } catch let error as any Error & CustomStringConvertible where !(error is ValidationError) {
    throw Refusal(error.description)
  }
}

/// Ends the program with one line instead of a dump of the error.
func explained<Value>(_ work: () throws -> Value) throws -> Value {
  do {
    return try work()
  } catch let error as any Error & CustomStringConvertible where !(error is ValidationError) {
    throw Refusal(error.description)
  }
}

/// A text file that an option names.
func text(of file: String, option: String) throws -> String {
  guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
    throw Refusal("Cannot read \(file) (\(option)): is it there, and may you read it?")
  }
  return text
}
