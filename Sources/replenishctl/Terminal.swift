import CLinux

/// The console of a process: its standard streams.
final class Terminal: Console {
  func say(_ text: String) { write(text, to: 1) }

  func complain(_ text: String) { write(text, to: 2) }

  func confirm(_ question: String) -> Bool? {
    // Standard input may be /dev/null or a script's: a question is for somebody who can see it.
    guard isatty(0) == 1, isatty(2) == 1 else { return nil }
    complain(question + " Type yes: ")
    var answer = [UInt8](repeating: 0, count: 16)
    let count = answer.withUnsafeMutableBytes { CLinux.read(0, $0.baseAddress, $0.count) }
    guard count > 0 else { return false }
    return answer[..<count].prefix { $0 != UInt8(ascii: "\n") }.elementsEqual("yes".utf8)
  }

  private func write(_ text: String, to stream: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { CLinux.write(stream, $0.baseAddress, $0.count) }
      guard count > 0 else { return }  // the reader is gone: nobody is left to tell
      rest = rest.dropFirst(count)
    }
  }
}
