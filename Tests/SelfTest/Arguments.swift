/// What the command line asks for.
struct Arguments {
  enum Wish { case run, list, help, version }

  static let standardVectors = "/usr/share/replenishkit/vectors"
  static let standardScratch = "/tmp"

  static let help = """
    usage: replenish-selftest [--vectors FOLDER] [--scratch FOLDER] [--only NAME]... [--list]

    Runs the tests of ReplenishKit's core on this board: every vector of Login with Amazon, Dash Replenishment, PKCE,
    SPAKE2+ and the setup protocol, ATT and framing byte for byte, records, power cuts on a simulated disk, and records
    on this board's own file system. They are the checks that the tests on a development machine run.
    Prints TAP (testanything.org) on standard output.

      --vectors FOLDER   the test data (\(standardVectors))
      --scratch FOLDER   a writable folder on the file system to try (\(standardScratch)); left as it was
      --only NAME        only checks whose name begins with NAME; may be given several times
      --list             print the names and run nothing
      -h, --help         this text
          --version      the version

    exit codes: 0 all passed; 1 a check failed; 2 wrong arguments

    """

  var wish = Wish.run
  var vectors = standardVectors
  var scratch = standardScratch
  var only: [String] = []
  /// What is wrong with them and what to do.
  var mistake: String?

  init(_ words: [String]) {
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "-h", "--help": wish = .help
      case "--version": wish = .version
      case "--list": wish = .list
      case "--vectors", "--scratch", "--only":
        guard let value = rest.popFirst() else {
          mistake = "\(word) needs a value after it; see replenish-selftest --help"
          return
        }
        if word == "--vectors" {
          vectors = value
        } else if word == "--scratch" {
          scratch = value
        } else {
          only.append(value)
        }
      default:
        mistake = "unknown argument '\(word)'; see replenish-selftest --help"
        return
      }
    }
  }

  /// Whether a check is wanted.
  func wants(_ name: String) -> Bool { only.isEmpty || only.contains { name.hasPrefix($0) } }
}
