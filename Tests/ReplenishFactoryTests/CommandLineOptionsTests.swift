import ReplenishHost
import Testing

@Suite struct CommandLineOptionsTests {
  private let options = [
    CommandLineOption("model", letter: "m", argument: "MODEL", "m"), CommandLineOption("mode", "x"),
    CommandLineOption("code", argument: "CODE", "c"), CommandLineOption("show", letter: "s", "s"),
  ]

  private func read(_ arguments: String...) throws -> CommandLineOptions {
    try CommandLineOptions(["tool"] + arguments, options: options)
  }

  private func fault(_ arguments: String...) -> String {
    do {
      _ = try CommandLineOptions(["tool"] + arguments, options: options)
      return ""
    } catch { return error.text }
  }

  @Test func followsTheRulesOfGNU() throws {
    let given = try read("one", "-sm", "A", "--code=1=2", "two", "--", "--show")
    #expect(given.has("show"))
    #expect(given["model"] == "A")
    #expect(given["code"] == "1=2")
    #expect(given["mode"] == nil)
    #expect(given.operands == ["one", "two", "--show"])
    #expect(try read("--co", "7", "--code", "8")["code"] == "8")
    #expect(try read().operands.isEmpty)
  }

  @Test func saysWhatIsWrong() {
    #expect(fault("--nothing").contains("no option --nothing"))
    #expect(fault("-z").contains("no option -z"))
    #expect(fault("-m").contains("-m needs an argument"))
    #expect(fault("--code").contains("--code needs an argument"))
    #expect(fault("--show=1").contains("--show takes no argument"))
    #expect(fault("--mod").contains("--model, --mode"))
    #expect(!fault("--cide=secret").contains("secret"))
  }

  @Test(arguments: ["4", "11", "x", ""])
  func checksNumbers(text: String) throws {
    let given = try read("--code", text)
    #expect(throws: UsageError.self) { try given.number("code", in: 5...10) }
  }
}
