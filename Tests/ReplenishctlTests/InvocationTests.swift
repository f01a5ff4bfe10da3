import Testing

@testable import ReplenishCore
@testable import replenishctl

extension ReplenishctlTests {
  @Suite struct InvocationTests {
    private func read(_ arguments: String) throws(UsageError) -> Invocation {
      try Invocation.read(arguments.split(separator: " ").map(String.init))
    }

    private func errand(_ arguments: String) throws -> Errand {
      guard case .run(let errand) = try read(arguments) else { throw UsageError(text: "no errand") }
      return errand
    }

    @Test(arguments: [
      ("status", Command.status), ("press paper", .press(slot: "paper")), ("setup", .setup), ("unlink", .unlink),
      ("identity", .identity), ("slots", .slots), ("order amzn1.x|y", .order(instanceID: "amzn1.x|y")),
      ("cancel-test-orders", .cancelTestOrders(slot: nil)),
      ("cancel-test-orders tea", .cancelTestOrders(slot: "tea")), ("erase", .erase),
    ]) func everyCommandIsUnderstood(arguments: String, command: Command) throws {
      let errand = try errand(arguments)
      #expect(errand.command == command)
      #expect(errand.socket == "/run/dash-button/control")
      #expect(errand.timeoutSeconds == 30)
      #expect(!errand.asJSON && !errand.isConfirmed)
    }

    @Test(arguments: [
      "--socket /run/x --timeout 5 press paper", "press --socket=/run/x -t5 paper", "-s/run/x press paper -t 5",
      "press paper --time 5 --sock /run/x",
    ]) func optionsStandAnywhere(arguments: String) throws {
      let errand = try errand(arguments)
      #expect(errand.command == .press(slot: "paper"))
      #expect(errand.socket == "/run/x")
      #expect(errand.timeoutSeconds == 5)
    }

    @Test func whatFollowsTwoHyphensIsNoOption() throws {
      #expect(try errand("press -- --json").command == .press(slot: "--json"))
    }

    @Test func flagsBelongToTheirCommand() throws {
      #expect(try errand("status --json").asJSON)
      #expect(try errand("-y erase").isConfirmed)
      #expect(throws: UsageError(text: "only status takes --json")) { try read("slots -j") }
      #expect(throws: UsageError(text: "only erase takes --yes")) { try read("unlink --yes") }
    }

    @Test func helpAndVersionWinOverWhatIsMissing() throws {
      #expect(try read("--help") == .help(nil))
      #expect(try read("press --help") == .help(.press))
      #expect(try read("-h order") == .help(.order))
      #expect(try read("frob --help") == .help(nil))
      #expect(try read("--version") == .version)
      #expect(try read("--self-test") == .selfTest)
      #expect(throws: UsageError.self) { try read("-\u{1}") }
    }

    @Test(arguments: [
      ("", "which command? See replenishctl --help"),
      ("sttaus", "there is no command \"sttaus\"; did you mean status?"),
      ("Cancel_Test_Orders", "there is no command \"Cancel_Test_Orders\"; did you mean cancel-test-orders?"),
      ("xyzzy", "there is no command \"xyzzy\"; see replenishctl --help"),
      ("press", "press needs SLOT; see replenishctl press --help"),
      ("order", "order needs ID; see replenishctl order --help"),
      ("press a b", "\"b\" is one argument too many; see replenishctl press --help"),
      ("unlink now", "\"now\" is one argument too many; see replenishctl unlink --help"),
      ("--frob status", "there is no option --frob; see replenishctl --help"),
      ("status -jx", "there is no option -x; see replenishctl --help"),
      ("status --socket", "--socket needs a value; see replenishctl --help"),
      ("status -t", "--timeout needs a value; see replenishctl --help"),
      ("status --socket run/x", "--socket needs an absolute path of at most 107 bytes"),
      ("status --timeout 0", "--timeout needs a number of seconds from 1 to 600"),
      ("status --timeout 601", "--timeout needs a number of seconds from 1 to 600"),
      ("status --timeout 1s", "--timeout needs a number of seconds from 1 to 600"),
      ("status --timeout 99999999999999999999", "--timeout needs a number of seconds from 1 to 600"),
    ]) func tellsWhatIsWrong(arguments: String, text: String) {
      #expect(throws: UsageError(text: text)) { try read(arguments) }
    }

    @Test func theHelpNamesEverythingWithinEightyColumns() {
      let overview = Help.text(for: nil)
      for verb in Verb.allCases {
        #expect(overview.contains("\n  \(verb.word)"))
        #expect(Help.text(for: verb).contains(verb.details))
      }
      for option in ["--socket", "--timeout", "--json", "--yes", "--help", "--version"] {
        #expect(overview.contains(option))
      }
      for code in ExitCode.allCases { #expect(overview.contains("\n  \(code.rawValue)  \(code.text)\n")) }
      let texts = [overview] + Verb.allCases.map { Help.text(for: $0) }
      for line in texts.joined(separator: "\n").split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
  }
}
