import CLinux
import ReplenishCore
import ReplenishLinux
import ReplenishTestSupport

/// The program, from its arguments to its exit code.
enum Runner {
  private static let passed: Int32 = 0
  private static let failed: Int32 = 1
  private static let usage: Int32 = 2

  static func run(_ words: [String]) -> Int32 {
    let arguments = Arguments(words)
    if let mistake = arguments.mistake { return complain(mistake) }
    switch arguments.wish {
    case .help:
      write(Arguments.help, to: 1)
      return passed
    case .version:
      write("replenish-selftest \(Release.version)\n", to: 1)
      return passed
    case .list, .run: break
    }
    let checks = BoardChecks.all(vectors: arguments.vectors, scratch: arguments.scratch).filter {
      arguments.wants($0.name)
    }
    guard !checks.isEmpty else {
      return complain("no check begins with '\(arguments.only.joined(separator: "' or '"))'; --list names them")
    }
    if arguments.wish == .list {
      for check in checks { write(check.name + "\n", to: 1) }
      return passed
    }
    return run(checks)
  }

  /// Runs the checks in their order, one line of TAP each.
  private static func run(_ checks: [Check]) -> Int32 {
    write("TAP version 13\n1..\(checks.count)\n", to: 1)
    let start = SystemClock.now().uptime
    var failures = 0
    for (index, check) in checks.enumerated() {
      let before = SystemClock.now().uptime
      let wrong = check.run()
      // TAP takes what follows a number sign for a directive.
      let name = String(
        decoding: check.name.utf8.map { $0 == UInt8(ascii: "#") ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
      write("\(wrong.isEmpty ? "ok" : "not ok") \(index + 1) - \(name)\n", to: 1)
      for text in wrong.prefix(20) { write("# \(oneLine(text))\n", to: 1) }
      if wrong.count > 20 { write("# and \(wrong.count - 20) more\n", to: 1) }
      let taken = SystemClock.now().uptime - before
      if taken >= 1000 { write("# took \(taken) ms\n", to: 1) }
      if !wrong.isEmpty { failures += 1 }
    }
    let taken = SystemClock.now().uptime - start
    write("# \(checks.count) checks, \(checks.count - failures) passed, \(failures) failed, \(taken) ms\n", to: 1)
    return failures == 0 ? passed : failed
  }

  private static func oneLine(_ text: String) -> String {
    String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
  }

  private static func complain(_ text: String) -> Int32 {
    write("replenish-selftest: \(text)\n", to: 2)
    return usage
  }

  private static func write(_ text: String, to stream: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { CLinux.write(stream, $0.baseAddress, $0.count) }
      guard count > 0 else { return }  // the reader is gone: nobody is left to tell
      rest = rest.dropFirst(count)
    }
  }
}
