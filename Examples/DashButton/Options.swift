import ReplenishCore

/// What the command line asks for.
enum Options {
  case run(configuration: String)
  case check(configuration: String)
  case certificateRequest(configuration: String)
  case selfTest
  case help
  case version
  case mistake(String)

  static let standardPath = "/etc/dash-button/dash-button.conf"

  static let text = """
    usage: dash-button [--config FILE] [--check | --certificate-request | --self-test]

    Turns this board and its buttons into dash buttons: links it to its owner's Amazon account with a phone, and
    orders when a button is pressed. Runs in the foreground until SIGTERM or SIGINT; meant for a service manager.

      -c, --config FILE   the configuration (\(standardPath))
          --check         read the configuration, tell every mistake in it, and end
          --certificate-request
                          for the maker's cloud: make the device's key, if it is not there, print the request for its
                          certificate, which replenish-factory signs, and end
          --self-test     test the program and its libraries on this board, and end; needs no configuration
      -h, --help          this text
          --version       the version

    press (under 1.5 s)   order for the button's slot
    hold (5 s)            open the setup window, or let the device be claimed in the maker's cloud; this never orders

    exit codes: 0 ended as asked; 1 could not start or failed, the self-test too; 2 wrong arguments; 3 mistakes in
    the configuration
    See also replenishctl --help.

    """

  /// The options as written.
  private enum Word: String, CaseIterable {
    case h = "-h"
    case help = "--help"
    case version = "--version"
    case check = "--check"
    case certificateRequest = "--certificate-request"
    case selfTest = "--self-test"
    case c = "-c"
    case config = "--config"
  }

  static func read(_ arguments: [String]) -> Options {
    var path = standardPath
    var isCheck = false
    var isRequest = false
    var rest = arguments.dropFirst()
    while let argument = rest.popFirst() {
      switch Word.spelled(Array(argument.utf8)) {
      case .h, .help: return .help
      case .version: return .version
      case .check: isCheck = true
      case .certificateRequest: isRequest = true
      case .selfTest: return .selfTest
      case .c, .config:
        guard let value = rest.popFirst() else {
          return .mistake("\(argument) needs a file: dash-button \(argument) FILE")
        }
        path = value
      case nil: return .mistake("unknown argument '\(argument)'; dash-button --help lists the known ones")
      }
    }
    if isRequest { return .certificateRequest(configuration: path) }
    return isCheck ? .check(configuration: path) : .run(configuration: path)
  }
}
