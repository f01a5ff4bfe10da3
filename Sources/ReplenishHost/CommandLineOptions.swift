import CGetopt
import Glibc
import Synchronization

/// One option of a host-only program.
public struct CommandLineOption: Sendable {
  /// The long name, without its dashes.
  public let name: String
  /// The letter of the short form; nil where there is none.
  public let letter: Character?
  /// What `--help` calls the argument; nil for an option that takes none.
  public let argument: String?
  /// What the option does, for `--help`; lines after the first are indented below it.
  public let help: String

  /// Describes an option.
  public init(_ name: String, letter: Character? = nil, argument: String? = nil, _ help: String) {
    self.name = name
    self.letter = letter
    self.argument = argument
    self.help = help
  }
}

/// A command line that cannot be followed. The text says what was wrong and what to do.
public struct UsageError: Error, Equatable {
  /// One sentence for a person.
  public let text: String

  /// Makes an error.
  public init(_ text: String) { self.text = text }
}

/// A command line, read by the C library's `getopt_long`: GNU rules, abbreviations and `--` included.
public struct CommandLineOptions: Sendable {
  private var values: [String: [String]] = [:]

  /// What is not an option, in order.
  public private(set) var operands: [String] = []

  // getopt_long keeps its place in global variables.
  private static let inUse = Mutex(())

  /// Reads arguments; `arguments` begins with the program's own name, as `CommandLine.arguments` does.
  public init(_ arguments: [String], options: [CommandLineOption]) throws(UsageError) {
    let outcome: Result<CommandLineOptions, UsageError> = CommandLineOptions.inUse.withLock { _ in
      do throws(UsageError) {
        return .success(try CommandLineOptions.read(arguments, options))
      } catch {
        return .failure(error)
      }
    }
    self = try outcome.get()
  }

  /// Whether the option was given.
  public func has(_ name: String) -> Bool { values[name] != nil }

  /// The last argument given to the option; nil if it was not given.
  public subscript(_ name: String) -> String? { values[name]?.last }

  /// The argument as a whole number in a range; nil if the option was not given.
  public func number(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        "--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), but got \"\(text)\"")
    }
    return number
  }

  /// What `--help` prints of options: each with its explanation.
  public static func describe(_ options: [CommandLineOption]) -> String {
    var text = ""
    for option in options {
      let short = option.letter.map { "-\($0), " } ?? "    "
      let argument = option.argument.map { " \($0)" } ?? ""
      text += "  \(short)--\(option.name)\(argument)\n"
      for line in option.help.split(separator: "\n") { text += "          \(line)\n" }
    }
    return text
  }

  private init() {}

  private static func read(
    _ arguments: [String], _ options: [CommandLineOption]
  ) throws(UsageError) -> CommandLineOptions {
    let names = options.map { strdup($0.name) }
    defer { for name in names { free(name) } }
    // Beyond the letters, so that a long option is told from a short one.
    let firstLong: Int32 = 256
    var table = options.enumerated().map { index, option in
      CGetopt.option(
        name: names[index], has_arg: option.argument == nil ? 0 : 1, flag: nil, val: firstLong + Int32(index))
    }
    table.append(CGetopt.option(name: nil, has_arg: 0, flag: nil, val: 0))
    let letters = options.reduce(into: ":") { text, option in
      guard let letter = option.letter else { return }
      text += option.argument == nil ? "\(letter)" : "\(letter):"
    }

    let pristine = arguments.map { strdup($0) }
    defer { for argument in pristine { free(argument) } }
    var argv = pristine + [nil]  // getopt_long moves the operands to its end

    var found = CommandLineOptions()
    replenish_getopt_begin()
    while true {
      let value = getopt_long(Int32(arguments.count), &argv, letters, table, nil)
      if value == -1 { break }
      if value == colon || value == questionMark { throw refusal(missingArgument: value == colon, argv, options) }
      let option: CommandLineOption? =
        value >= firstLong
        ? options[Int(value - firstLong)]
        : options.first { $0.letter?.asciiValue.map(Int32.init) == value }
      guard let option else { continue }
      let argument = replenish_getopt_argument().map { String(cString: $0) }
      found.values[option.name, default: []].append(option.argument == nil ? "" : argument ?? "")
    }
    for index in Int(replenish_getopt_index())..<max(arguments.count, Int(replenish_getopt_index())) {
      if let operand = argv[index] { found.operands.append(String(cString: operand)) }
    }
    return found
  }

  private static let colon = Int32(UInt8(ascii: ":"))
  private static let questionMark = Int32(UInt8(ascii: "?"))

  // Names the option as it was written, but never what follows `=`: that may be a secret.
  private static func refusal(
    missingArgument: Bool, _ argv: [UnsafeMutablePointer<CChar>?], _ options: [CommandLineOption]
  ) -> UsageError {
    let place = Int(replenish_getopt_index()) - 1
    let letter = replenish_getopt_refused()
    var written = argv.indices.contains(place) ? argv[place].map { String(cString: $0) } ?? "" : ""
    if letter > 0, letter < 128, !written.hasPrefix("--") {
      written = "-\(Character(UnicodeScalar(UInt8(letter))))"
    }
    let name = written.split(separator: "=", maxSplits: 1).first.map(String.init) ?? written
    if missingArgument { return UsageError("\(name) needs an argument; see --help") }
    let known = options.contains { "--\($0.name)" == name }
    if known { return UsageError("\(name) takes no argument; see --help") }
    let candidates = options.filter { name.count > 2 && "--\($0.name)".hasPrefix(name) }
    if candidates.count > 1 {
      let list = candidates.map { "--\($0.name)" }.joined(separator: ", ")
      return UsageError("\(name) could be any of \(list); write it in full")
    }
    return UsageError("there is no option \(name); see --help")
  }
}
