import ReplenishCore

/// What the arguments ask for.
enum Invocation: Equatable {
  /// Show the help, of one command or of all.
  case help(Verb?)
  /// Show the version.
  case version
  /// Test this program.
  case selfTest
  /// Send a command to the daemon.
  case run(Errand)
}

/// A command to send, and how.
struct Errand: Equatable {
  /// The command as it was called.
  let verb: Verb
  /// The command for the daemon.
  let command: Command
  /// The control socket.
  let socket: String
  /// How long to wait for the answer, in seconds.
  let timeoutSeconds: Int
  /// Whether the answer is shown as JSON.
  let asJSON: Bool
  /// Whether nobody is to be asked first.
  let isConfirmed: Bool
}

extension Invocation {
  /// The seconds that the program waits where `--timeout` does not say.
  static let standardTimeout = 30
  /// The seconds that `--timeout` takes.
  static let timeouts = 1...600

  /// The socket where `--socket` does not say: the configuration's default.
  static var standardSocket: String { ConfigurationKey.controlSocket.description.standard ?? "" }

  /// Makes sense of the arguments, the program's own name left out.
  static func read(_ arguments: [String]) throws(UsageError) -> Invocation {
    let options = try Options.read(arguments)
    let word = options.words.first
    let verb = word.flatMap { Verb(word: $0) }
    if options.wantsHelp { return .help(verb) }
    if options.wantsVersion { return .version }
    if options.wantsSelfTest { return .selfTest }
    guard let word else { throw UsageError(text: "which command? See replenishctl --help") }
    guard let verb else {
      let nearest = NearestName.find(Array(word.utf8), among: Verb.allCases.map { $0.word })
      let remedy = nearest.map { "did you mean \($0)?" } ?? "see replenishctl --help"
      throw UsageError(text: "there is no command \"\(word)\"; \(remedy)")
    }
    if options.asJSON, verb != .status { throw UsageError(text: "only status takes --json") }
    if options.isConfirmed, verb != .erase { throw UsageError(text: "only erase takes --yes") }
    return .run(
      Errand(
        verb: verb, command: try command(verb, Array(options.words.dropFirst())),
        socket: options.socket ?? standardSocket, timeoutSeconds: options.timeoutSeconds ?? standardTimeout,
        asJSON: options.asJSON, isConfirmed: options.isConfirmed))
  }

  private static func command(_ verb: Verb, _ arguments: [String]) throws(UsageError) -> Command {
    let count = verb.argumentCount
    guard arguments.count >= count.lowerBound else {
      throw UsageError(text: "\(verb.word) needs \(verb.arguments); see replenishctl \(verb.word) --help")
    }
    guard arguments.count <= count.upperBound else {
      throw UsageError(
        text: "\"\(arguments[count.upperBound])\" is one argument too many; see replenishctl \(verb.word) --help")
    }
    switch verb {
    case .status: return .status
    case .press: return .press(slot: arguments[0])
    case .setup: return .setup
    case .unlink: return .unlink
    case .identity: return .identity
    case .slots: return .slots
    case .order: return .order(instanceID: arguments[0])
    case .cancelTestOrders: return .cancelTestOrders(slot: arguments.first)
    case .renewKey: return .renewKey
    case .erase: return .erase
    }
  }
}
