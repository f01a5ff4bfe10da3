import ReplenishCore
import Testing

@testable import ReplenishFactory

@Suite struct DeviceListTests {
  private func read(_ text: String, model: String? = nil) throws -> [[String]] {
    let list = try DeviceList(csv: Array(text.utf8), file: "list.csv", model: model)
    return list.entries.map { [$0.serial.text, $0.model.text] }
  }

  private func mistakes(_ text: String, model: String? = nil) -> [String] {
    do {
      _ = try read(text, model: model)
      return []
    } catch {
      return (error as? DeviceList.Mistakes)?.texts ?? ["another error"]
    }
  }

  @Test func readsModelsAndTheirDefault() throws {
    #expect(try read("Serial,Model\nA1,X+1\nA2\nA3,\n", model: "Y") == [["A1", "X+1"], ["A2", "Y"], ["A3", "Y"]])
    #expect(try read("A1,X\n") == [["A1", "X"]])
  }

  @Test func namesEveryMistakeWithItsLine() {
    let found = mistakes("serial,model\nA 1,X\n\nA2\nA3,X,Z\nA4,X\nA4,m/n\n")
    #expect(found.map { $0.prefix(11) } == ["list.csv:2:", "list.csv:4:", "list.csv:5:", "list.csv:7:", "list.csv:7:"])
    #expect(found.joined().contains("serial A4 stands on line 6 as well"))
    #expect(found.joined().contains("the serial has a space at position 2"))
  }

  @Test(arguments: ["", "serial,model\n", "\n\n"])
  func refusesAnEmptyList(text: String) {
    #expect(mistakes(text).first?.contains("no device") == true)
  }

  @Test func pointsAtBrokenCSV() {
    #expect(mistakes("A1,X\n\"A2,X\n").first?.hasPrefix("list.csv:2: ") == true)
  }
}
