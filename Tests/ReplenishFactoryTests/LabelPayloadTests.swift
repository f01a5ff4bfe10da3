import ReplenishCore
import ReplenishHost
import Testing

@Suite struct LabelPayloadTests {
  private func read(_ text: String) throws -> LabelPayload { try LabelPayload(Secret(copying: text)) }

  private func fault(_ text: String) -> LabelPayload.Fault? {
    do {
      _ = try read(text)
      return nil
    } catch { return error as? LabelPayload.Fault }
  }

  @Test func readsWhatItWrites() throws {
    let text = "replenish:v1?id=4F2A9C&code=21017149&model=Brewer%2B3"
    let payload = try read(" \(text)\n")
    #expect(payload.shortID.bytes == [0x4F, 0x2A, 0x9C])
    #expect(payload.model.text == "Brewer+3")
    #expect(Secret.matches(payload.code.label, Secret(copying: "2101-7149")))
    #expect(Secret.matches(payload.encode(), Secret(copying: text)))
  }

  @Test func findsItselfInADrawnLabel() throws {
    let text = "   ▄▀█\r\n Model  replenish:v1\n\n  replenish:v1?id=4F2A9C&code=21017149&model=B \nreplenish:x"
    #expect(try LabelPayload(inText: Secret(copying: text)).model.text == "B")
    #expect(throws: LabelPayload.Fault.foreign) { try LabelPayload(inText: Secret(copying: "Model B\n")) }
  }

  @Test func passesOverMembersOfLaterLabels() throws {
    #expect(try read("replenish:v1?x=1&x=%ZZ&model=B&y&code=2101-7149&id=4f2a9c").shortID.text == "4F2A9C")
  }

  @Test(
    arguments: [
      ("", .foreign), ("https://x/?id=4F2A9C&code=21017149&model=B", .foreign), ("replenish:v1", .otherVersion),
      ("replenish:v2?id=4F2A9C&code=21017149&model=B", .otherVersion),
      ("replenish:v1?code=21017149&model=B", .invalid(member: "id")),
      ("replenish:v1?id=4F2A9&code=21017149&model=B", .invalid(member: "id")),
      ("replenish:v1?id=4F2A9X&code=21017149&model=B", .invalid(member: "id")),
      ("replenish:v1?id=4F2A9C&model=B", .invalid(member: "code")),
      ("replenish:v1?id=4F2A9C&code=2101714&model=B", .code(.wrongLength(7))),
      ("replenish:v1?id=4F2A9C&code=12345678&model=B", .code(.patterned)),
      ("replenish:v1?id=4F2A9C&code=21017149&code=21017149&model=B", .invalid(member: "code")),
      ("replenish:v1?id=4F2A9C&code=21017149", .invalid(member: "model")),
      ("replenish:v1?id=4F2A9C&code=21017149&model=a%2", .invalid(member: "model")),
      ("replenish:v1?id=4F2A9C&code=21017149&model=a%20b", .invalid(member: "model")),
      ("replenish:v1?id=4F2A9C&code=21017149&model=\(String(repeating: "a", count: 600))", .foreign),
    ] as [(String, LabelPayload.Fault)])
  func refuses(text: String, expected: LabelPayload.Fault) {
    #expect(fault(text) == expected)
  }
}
