import Testing

@testable import ReplenishCore
@testable import replenishctl

/// All tests of the program, one after another: getopt_long keeps its state in global variables.
@Suite(.serialized) struct ReplenishctlTests {}

/// A console that remembers.
final class RecordingConsole: Console {
  var output = ""
  var errors = ""
  var questions: [String] = []
  var answer: Bool?

  func say(_ text: String) { output += text }

  func complain(_ text: String) { errors += text }

  func confirm(_ question: String) -> Bool? {
    questions.append(question)
    return answer
  }
}

/// A daemon that answers with what it was given, and remembers what it was asked.
final class RecordingExchange: ControlExchange {
  var requests: [[UInt8]] = []
  var socket = ""
  var timeoutSeconds = 0
  let reply: Result<[UInt8], ExchangeFault>

  init(_ reply: Result<[UInt8], ExchangeFault>) { self.reply = reply }

  func exchange(_ request: [UInt8], socket: String, timeoutSeconds: Int) throws(ExchangeFault) -> [UInt8] {
    requests.append(request)
    self.socket = socket
    self.timeoutSeconds = timeoutSeconds
    return try reply.get()
  }
}

extension ReplenishctlTests {
  /// A run of the program against a daemon that answers `reply`.
  static func run(_ arguments: String, _ reply: Reply, answer: Bool? = nil) -> (ExitCode, RecordingConsole) {
    run(arguments, RecordingExchange(.success(ControlReply.encode(reply))), answer: answer)
  }

  static func run(
    _ arguments: String, _ exchange: RecordingExchange, answer: Bool? = nil
  ) -> (ExitCode, RecordingConsole) {
    let console = RecordingConsole()
    console.answer = answer
    let program = Program(console: console, exchange: exchange)
    return (program.run(arguments.split(separator: " ").map(String.init)), console)
  }
}
