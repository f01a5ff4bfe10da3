import Foundation
import Testing

@testable import LWASecrets

/// One text of a document changes, and nothing else.
@Suite("JSON text")
struct JSONTextTests {
  @Test(
    "the value at the path is replaced in place",
    arguments: [
      (#"{"a":"x"}"#, #"{"a":"N"}"#), (" {\n\"b\" : [1, {\"a\":\"x\"}, \"}\"] ,\t\"a\"\r: \"x\\\"y\" } ", nil),
      (#"{"n":1e400,"a":"x","m":123456789012345678901234567890}"#, nil),
      (#"{"\u0061":"x","é":"ü","z":{"a":"y"},"t":true,"f":false,"o":null,"e":{},"l":[]}"#, nil),
    ] as [(String, String?)])
  func replaced(document: String, expected: String?) throws {
    // Where a parser rejects a number, nothing is changed either.
    guard (try? JSONSerialization.jsonObject(with: Data(document.utf8))) != nil else { return }
    let result = try JSONText.replacing(in: document, at: ["a"], with: "N")
    if let expected { #expect(result == expected) }
    let start = document.utf8.count - result.utf8.count
    #expect(result.contains("\"N\"") && start >= 0)
    #expect(try JSONText.replacing(in: result, at: ["a"], with: "N") == result)
  }

  @Test("a text with quotation marks, a slash and letters from elsewhere is written so that others read the same")
  func quoted() throws {
    let value = "A\"|\\/é\u{1F600}\n"
    let result = try JSONText.replacing(in: #"{"o":{"a":"x"}}"#, at: ["o", "a"], with: value)
    let members = try JSONSerialization.jsonObject(with: Data(result.utf8)) as? [String: [String: String]]
    #expect(members == ["o": ["a": value]])
  }

  @Test(
    "no such place, a name that is there twice, and what is no object: nothing is changed",
    arguments: [
      "{}", "[]", "\"a\"", "", #"{"a":1}"#, #"{"a":{"a":"x"}}"#, #"{"a":"x","a":"y"}"#, #"{"a":"x","\u0061":"y"}"#,
      #"{"a":"x""#, #"{"a":"x"} trailing"#, #"{"b":"x"}"#,
    ])
  func refused(document: String) throws {
    try #require(throws: (any Error).self) { _ = try JSONText.replacing(in: document, at: ["a"], with: "N") }
  }
}
