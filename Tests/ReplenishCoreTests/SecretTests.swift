import Testing

@testable import ReplenishCore

@Suite struct SecretTests {
  @Test func buildsPieceByPiece() {
    var builder = SecretBuilder(capacity: 1)
    builder.append("code=")
    builder.append(Secret(copying: "Atzr|x"))
    builder.append(UInt8(ascii: "&"))
    let secret = builder.finish()
    #expect(secret.withBytes { String(decoding: $0, as: UTF8.self) } == "code=Atzr|x&")
  }

  @Test func showsNothingWhenPrinted() {
    let secret = Secret(copying: "Atzr|planted")
    #expect(!"\(secret)".contains("planted"))
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!dumped.contains("planted"))
  }

  @Test func comparesByContent() {
    #expect(Secret.matches(Secret(copying: "a"), Secret(copying: "a")))
    #expect(!Secret.matches(Secret(copying: "a"), Secret(copying: "b")))
    #expect(!Secret.matches(Secret(copying: "a"), Secret(copying: "aa")))
  }
}

@Suite struct JSONValueTests {
  @Test func refusesDuplicateKeysAndTrailers() {
    #expect(throws: JSONValue.ParseFailure.self) { try JSONValue.parse(Array(#"{"a":1,"a":2}"#.utf8)) }
    #expect(throws: JSONValue.ParseFailure.self) { try JSONValue.parse(Array("{} x".utf8)) }
    #expect(throws: JSONValue.ParseFailure.self) { try JSONValue.parse([]) }
  }

  @Test func buildsWhatItReads() throws {
    let child = JSONValue.object()
    child.set("token", Secret(copying: "Atza|1"))
    let root = JSONValue.object()
    root.set("child", child)
    root.set("count", Int64(3))
    let text = root.encoded()
    #expect(text.withBytes { String(decoding: $0, as: UTF8.self) } == #"{"child":{"token":"Atza|1"},"count":3}"#)
    let read = try JSONValue.parse(text)
    #expect(read["child"]?["token"]?.string == "Atza|1")
    #expect(read["count"]?.integer == 3)
  }

  @Test func aMemberOutlivesItsDocument() throws {
    let member = try JSONValue.parse(Array(#"{"a":"kept"}"#.utf8))["a"]
    #expect(member?.string == "kept")
  }
}
