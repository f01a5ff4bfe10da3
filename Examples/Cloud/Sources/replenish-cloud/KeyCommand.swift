import ArgumentParser
import ReplenishCloud

struct KeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Makes the file of the keys that seal tokens in the database, and changes the key.",
    discussion: """
      Keep a copy apart from the database's backups: without it every link is lost, with it every token can be read. \
      A file may hold several keys, one line each. The first one seals, all of them open.

      TO CHANGE THE KEY
        1. key add FILE          A new key, which opens only. Copy the file to each instance, and start each anew.
        2. key first FILE NAME   From now on it seals. Copy the file to each instance, and start each anew.
        3. key rekey             Seals what is in the database with it. It may be stopped and begun again.
        4. key retire FILE NAME  Takes the old key out, once nothing is sealed with it. Copy the file once more.
      """,
    subcommands: [Make.self, Add.self, First.self, Rekey.self, List.self, Retire.self], defaultSubcommand: Make.self)

  struct Make: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes a new file with one key.")

    @Argument(help: ArgumentHelp("The new file; one that is there is not touched.", valueName: "file"))
    var file: String

    func run() throws {
      let key = try explained { try KeyFile.create(path: file) }
      print("\(file): key \(key.id)")
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Adds a new key, which opens and does not seal yet; the first step of a change.")

    @Argument(help: ArgumentHelp("The key file.", valueName: "file")) var file: String

    func run() throws {
      let key = try explained { try KeyFile.add(path: file) }
      print(
        """
        \(file): key \(key.id) was added. Copy the file to each instance and start each anew; then: \
        replenish-cloud key first \(file) \(key.id)
        """)
    }
  }

  /// A key of a file.
  struct Named: ParsableArguments {
    @Argument(help: ArgumentHelp("The key file.", valueName: "file")) var file: String
    @Argument(help: "The key's name.") var name: String
  }

  struct First: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a key the first one, which seals; once each instance has it.")

    @OptionGroup var key: Named

    func run() throws {
      try explained { try KeyFile.makeFirst(key.name, path: key.file) }
      print(
        """
        \(key.file): \(key.name) seals. Copy the file to each instance and start each anew; then: \
        replenish-cloud key rekey
        """)
    }
  }

  struct Rekey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Seals what is in the database with the first key, beside instances that run.",
      discussion: "It may be stopped at any time; called again, it goes on with what is left.")

    @OptionGroup var storage: StorageOptions

    func run() async throws {
      let storage = try await storage.open()
      let done = try await storage.reseal()
      print("\(done.moved) values are sealed with the first key now")
      if done.changed > 0 { print("\(done.changed) values changed meanwhile and were looked at again") }
      let left = try await List.show(storage)
      guard left == 0 else {
        throw Refusal(
          """
          \(left) values are sealed with another key, \(done.failed) of them do not open with any key of the file: \
          bring its line back, or call key rekey again.
          """)
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the keys, and how many values of the database each one seals.")

    @OptionGroup var storage: StorageOptions

    func run() async throws { _ = try await Self.show(try await storage.open()) }

    /// Prints them; how many values another key than the first one seals.
    static func show(_ storage: SQLStorage) async throws -> Int {
      // A key that seals nothing, yet or any more, is one of the file all the same.
      let none = Dictionary(uniqueKeysWithValues: storage.keyNames.map { ($0, 0) })
      let counts = none.merging(try await storage.sealedValues()) { $1 }
      let primary = storage.primaryKey
      let others = counts.filter { $0.key != primary }
      print("\(primary) seals; \(counts[primary] ?? 0) values")
      for (id, count) in others.sorted(by: { $0.key < $1.key }) { print("\(id) opens; \(count) values") }
      return others.values.reduce(0, +)
    }
  }

  struct Retire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Takes a key out of the file and the database; refuses while a value is sealed with it.",
      discussion: "Each instance must have been started with another first key before.")

    @OptionGroup var key: Named
    @Option(help: ArgumentHelp("The database, as for serve.", valueName: "file or address")) var database =
      "replenish-cloud.sqlite"

    func run() async throws {
      let keys = try explained { try KeyFile(path: key.file) }
      guard keys.keys.contains(where: { $0.id == key.name }) else {
        throw Refusal("\(key.file) has no key \(key.name).")
      }
      guard keys.keys[0].id != key.name else {
        throw Refusal("\(key.name) is the key that seals; put another one first with: key first.")
      }
      let storage = try await explained { try await SQLStorage.open(database, keys: keys) }
      // The database first: a file with a key too many opens it, one with a key too few does not.
      let left = try await storage.retireKey(key.name)
      guard left == 0 else {
        throw Refusal("\(left) values are sealed with \(key.name); move them first with: key rekey.")
      }
      try explained { try KeyFile.remove(key.name, path: key.file) }
      print("\(key.file): \(key.name) is retired; copy the file to each instance. Older backups still need that key.")
    }
  }
}
