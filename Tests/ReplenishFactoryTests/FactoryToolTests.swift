import Foundation
import Testing

/// Runs the program itself.
@Suite struct FactoryToolTests {
  private let folder = FactoryTool.newFolder()

  private func codes() throws -> [String] {
    let list = try String(contentsOfFile: "\(folder)/devices.csv", encoding: .utf8)
    return list.matches(of: /\d{4}-\d{4}/).map { String($0.0) }
  }

  @Test func makesManyFromAListAndShowsNoCode() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let run = try FactoryTool.run(
      ["--out", folder, "--model", "B", "--csv", "-", "--iterations", "10000", "--labels", "text"],
      input: "serial\nA1\nA2\n")
    #expect(run.status == 0, "\(run.output)")
    let codes = try codes()
    #expect(codes.count == 2)
    for code in codes { #expect(!run.output.contains(code)) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/labels").sorted() == ["A1.txt", "A2.txt"])
  }

  @Test func showsTheLabelIfAsked() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let run = try FactoryTool.run(["-o", folder + "/", "-m", "B", "-s", "A1", "--iterations", "10000", "--show"])
    #expect(run.status == 0)
    #expect(run.output.contains(try #require(try codes().first)))
  }

  @Test func leavesNothingAfterAMistake() throws {
    let run = try FactoryTool.run(["--out", folder, "--csv", "-"], input: "A1,B\nA 2,B\nA3\n")
    #expect(run.status == 2)
    #expect(run.output.contains("-:2: the serial has a space at position 2"))
    #expect(run.output.contains("-:3: no model"))
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test(arguments: [
    ([], "--out is needed"), (["--out", "x"], "either --serial"), (["--out", "x", "--serial", "A"], "--model as well"),
    (["--out", "x", "--serial", "A", "--model", "B", "--csv", "-"], "either --serial"),
    (["--out", "x", "--serial", "A", "--model", "B", "--labels", "gif"], "but not gif"),
    (["--out", "x", "--serial", "A", "--model", "B", "--iterations", "9999"], "from 10000 to 1000000"),
    (["--out", "x", "--csv", "/nowhere"], "/nowhere: cannot open"), (["x"], "belongs to no option"),
  ])
  func explainsAWrongCommandLine(arguments: [String], explanation: String) throws {
    let run = try FactoryTool.run(arguments)
    #expect(run.status == 2)
    #expect(run.output.contains(explanation), "\(run.output)")
    #expect(!FileManager.default.fileExists(atPath: "x"))
  }

  @Test func saysWhereItCannotWrite() throws {
    let run = try FactoryTool.run(["--out", "/nowhere/made", "--serial", "A", "--model", "B"])
    #expect(run.status == 1)
    #expect(run.output.contains("/nowhere/made.unfinished: cannot make it: No such file or directory"))
  }
}
