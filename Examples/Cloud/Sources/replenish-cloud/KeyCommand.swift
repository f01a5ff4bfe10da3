import ArgumentParser
import ReplenishCloud

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Makes the file of the key that seals tokens in the database.",
    discussion: """
      Keep a copy apart from the database's backups: without it every link is lost, with it every token can be read. \
      A file may hold several keys, one line each. The first one seals, all of them open.
      """)

  @Argument(help: ArgumentHelp("The new file; one that is there is not touched.", valueName: "file"))
  var file: String

  func run() throws {
    let key = try explained { try KeyFile.create(path: file) }
    print("\(file): key \(key.id)")
  }
}
