import Testing

@testable import ReplenishFactory

@Suite struct CSVTableTests {
  private func rows(_ text: String) throws -> [[String]] {
    try CSVTable(parsing: Array(text.utf8)).rows.map(\.fields)
  }

  @Test func readsQuotesAndLineEnds() throws {
    #expect(try rows("\u{FEFF}a,b\r\n\r\n\"c,\"\"d\"\"\n\",\r\ne") == [["a", "b"], ["c,\"d\"\n", ""], ["e"]])
  }

  @Test func countsLinesThroughQuotedBreaks() throws {
    let table = try CSVTable(parsing: Array("\"a\nb\"\nc\n".utf8))
    #expect(table.rows.map(\.line) == [1, 3])
  }

  @Test(arguments: [("a\nb\"c", 2), ("a\n\nb,\"c\nd", 3), ("\"a\"b", 1), ("a\n\"b\n\"c\n", 3)])
  func namesTheLineOfAFault(text: String, line: Int) {
    #expect { try rows(text) } throws: { ($0 as? CSVTable.ParseFailure)?.line == line }
  }

  @Test func refusesOtherEncodings() {
    #expect { try CSVTable(parsing: [0x61, 0x0A, 0xE9]) } throws: { ($0 as? CSVTable.ParseFailure)?.line == 2 }
  }

  @Test(arguments: ["", "a", "a,b", "a\"b", "a\nb", "\r"])
  func readsBackWhatItQuotes(field: String) throws {
    #expect(try rows(CSVTable.quoted(field) + ",x") == [[field, "x"]])
  }
}
