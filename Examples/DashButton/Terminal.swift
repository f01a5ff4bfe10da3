import CLinux

/// The standard streams of the process.
enum Terminal {
  static func out(_ text: String) { write(text, to: 1) }

  static func error(_ text: String) { write(text, to: 2) }

  private static func write(_ text: String, to stream: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { CLinux.write(stream, $0.baseAddress, $0.count) }
      guard count > 0 else { return }  // the reader is gone: nobody is left to tell
      rest = rest.dropFirst(count)
    }
  }
}
