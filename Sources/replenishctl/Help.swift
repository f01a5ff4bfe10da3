/// The texts of `--help`.
enum Help {
  /// The help of one command, or the list of all.
  static func text(for verb: Verb?) -> String {
    guard let verb else { return overview }
    let arguments = verb.arguments.isEmpty ? "" : " " + verb.arguments
    return
      "usage: replenishctl [OPTIONS] \(verb.word)\(arguments)\n\n\(capitalized(verb.summary)).\n\n\(verb.details)\n\n"
      + options
  }

  private static var overview: String {
    var text =
      "usage: replenishctl [OPTIONS] COMMAND\n\nTalks to the replenishment daemon of this device.\n\ncommands:\n"
    for verb in Verb.allCases {
      let call = verb.arguments.isEmpty ? verb.word : verb.word + " " + verb.arguments
      text += "  " + Columns.padded(call, to: 27) + verb.summary + "\n"
    }
    text += "\n" + options + "\nexit codes:\n"
    for code in ExitCode.allCases { text += "  \(code.rawValue)  \(code.text)\n" }
    text += """

      status, identity and slots need the right to read (the group of read-group
      in the daemon's configuration), the other commands the right to act
      (act-group). root has both.

      """
    return text
  }

  private static var options: String {
    """
    options:
      -s, --socket PATH      the daemon's control socket (\(Invocation.standardSocket))
      -t, --timeout SECONDS  how long to wait for the answer, \(Invocation.timeouts.lowerBound) to \
    \(Invocation.timeouts.upperBound) (\(Invocation.standardTimeout))
      -j, --json             status: as one line of JSON
      -y, --yes              erase: ask nobody
      -h, --help             this text; after a command, that command's
      -V, --version          the version
          --self-test        test this program on this board; asks no daemon

    """
  }

  private static func capitalized(_ text: String) -> String {
    var bytes = Array(text.utf8)
    if let first = bytes.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) { bytes[0] = first - 0x20 }
    return String(decoding: bytes, as: UTF8.self)
  }
}
