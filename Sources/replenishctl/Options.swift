import CLinux

/// The options and the other words of a command line, as getopt_long finds them: options may stand anywhere, may be
/// shortened while that is unique, and end at `--`.
struct Options: Equatable {
  var wantsHelp = false
  var wantsVersion = false
  var wantsSelfTest = false
  var asJSON = false
  var isConfirmed = false
  var socket: String?
  var timeoutSeconds: Int?
  /// What is no option: the command and its arguments.
  var words: [String] = []

  /// The options: the letter, which also tells them apart, the name, and whether a value follows. A number that is no
  /// visible character stands for an option without a letter.
  private static var known: [(letter: UInt8, name: StaticString, takesValue: Bool)] {
    [
      (UInt8(ascii: "h"), "help", false), (UInt8(ascii: "V"), "version", false), (UInt8(ascii: "j"), "json", false),
      (UInt8(ascii: "y"), "yes", false), (UInt8(ascii: "s"), "socket", true), (UInt8(ascii: "t"), "timeout", true),
      (1, "self-test", false),
    ]
  }

  /// Reads the arguments, the program's own name left out.
  static func read(_ arguments: [String]) throws(UsageError) -> Options {
    var values: [UnsafeMutablePointer<CChar>?] = (["replenishctl"] + arguments).map { strdup($0) }
    let copies = values  // getopt_long reorders `values`
    defer { for copy in copies { free(copy) } }
    values.append(nil)
    var options = Options()
    let fault = options.read(&values, count: Int32(copies.count))
    if let fault { throw fault }
    return options
  }

  private mutating func read(_ values: inout [UnsafeMutablePointer<CChar>?], count: Int32) -> UsageError? {
    var names: [option] = []
    var letters: [CChar] = [CChar(UInt8(ascii: ":"))]  // tells a missing value from an unknown option
    for known in Self.known {
      let name = UnsafeRawPointer(known.name.utf8Start).assumingMemoryBound(to: CChar.self)
      names.append(option(name: name, has_arg: known.takesValue ? 1 : 0, flag: nil, val: Int32(known.letter)))
      if known.letter > 0x20 { letters.append(CChar(known.letter)) }
      if known.takesValue { letters.append(CChar(UInt8(ascii: ":"))) }
    }
    names.append(option())
    letters.append(0)
    replenish_options_begin()
    while true {
      let found = replenish_options_next(count, &values, letters, names)
      if found < 0 { break }
      if let fault = take(UInt8(truncatingIfNeeded: found), values) { return fault }
    }
    for value in values[Int(replenish_options_index())..<Int(count)] {
      if let value { words.append(String(cString: value)) }
    }
    return nil
  }

  private mutating func take(_ letter: UInt8, _ values: [UnsafeMutablePointer<CChar>?]) -> UsageError? {
    switch letter {
    case UInt8(ascii: "h"): wantsHelp = true
    case UInt8(ascii: "V"): wantsVersion = true
    case 1: wantsSelfTest = true
    case UInt8(ascii: "j"): asJSON = true
    case UInt8(ascii: "y"): isConfirmed = true
    case UInt8(ascii: "s"):
      let path = argument
      guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= 107 else {
        return UsageError(text: "--socket needs an absolute path of at most 107 bytes")
      }
      socket = path
    case UInt8(ascii: "t"):
      guard let seconds = Int(argument), Invocation.timeouts.contains(seconds) else {
        let range = Invocation.timeouts
        return UsageError(text: "--timeout needs a number of seconds from \(range.lowerBound) to \(range.upperBound)")
      }
      timeoutSeconds = seconds
    case UInt8(ascii: ":"): return UsageError(text: "\(culprit(values)) needs a value; see replenishctl --help")
    default: return UsageError(text: "there is no option \(culprit(values)); see replenishctl --help")
    }
    return nil
  }

  private var argument: String { replenish_options_argument().map { String(cString: $0) } ?? "" }

  /// The option at fault, as written: by its letter where getopt knows one, else the word that it read last.
  private func culprit(_ values: [UnsafeMutablePointer<CChar>?]) -> String {
    let letter = UInt8(truncatingIfNeeded: replenish_options_unknown())
    let known = Self.known.first { $0.letter == letter }
    if let known { return "--\(known.name)" }
    if (0x21...0x7E).contains(letter) { return "-" + String(decoding: [letter], as: UTF8.self) }
    let index = Int(replenish_options_index()) - 1
    guard values.indices.contains(index), let word = values[index] else { return "of that name" }
    return String(cString: word)
  }
}
