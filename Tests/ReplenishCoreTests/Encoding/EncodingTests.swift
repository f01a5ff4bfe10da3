import ReplenishTestSupport
import Testing

@testable import ReplenishCore

@Suite struct EncodingTests {
  // RFC 4648 section 10, without padding.
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
    ("foobar", "Zm9vYmFy"),
  ]) func base64url(bytes: String, text: String) {
    #expect(Base64URL.encode(Array(bytes.utf8)) == text)
    #expect(Base64URL.encode(Secret(copying: bytes)).shownForTest == text)
    #expect(Base64URL.decode(text) == Array(bytes.utf8))
  }

  @Test func base64urlUsesItsOwnAlphabet() {
    #expect(Base64URL.encode([0xFB, 0xFF, 0xFE]) == "-__-")
    #expect(Base64URL.decode("-__-") == [0xFB, 0xFF, 0xFE])
  }

  @Test(arguments: ["Zg==", "Z", "Zm9vY", "+__-", "Zh", "Zm9", "Zg\n", "Zm 8"]) func base64urlRefuses(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test func everyByteGoesThroughPercentEncodingAndBack() {
    for byte in UInt8.min...UInt8.max {
      var encoded: [UInt8] = []
      PercentEncoding.put(byte) { encoded.append($0) }
      #expect(PercentEncoding.decode(encoded) == [byte])
      #expect(encoded.count == (ASCII.isUnreserved(byte) ? 1 : 3))
    }
    #expect(PercentEncoding.encode("a b|%ü~") == "a%20b%7C%25%C3%BC~")
  }

  @Test func brokenEscapesAreRefused() {
    for text in ["%", "%4", "a%", "%zz", "%4g", "%%41"] { #expect(PercentEncoding.decode(Array(text.utf8)) == nil) }
    #expect(PercentEncoding.decode(Array("a+b".utf8), plusIsSpace: true) == Array("a b".utf8))
    #expect(PercentEncoding.decode(Array("a+b".utf8)) == Array("a+b".utf8))
  }

  @Test func aFormJoinsItsFields() {
    var form = FormBody()
    form.add("a", "1&2")
    form.add("b", Secret(copying: "Atzr|x="))
    form.add("c", "")
    #expect(form.finish().shownForTest == "a=1%262&b=Atzr%7Cx%3D&c=")
  }

  @Test func addresses() throws {
    #expect(try ServiceURL("https://api.amazon.com/").text == "https://api.amazon.com")
    #expect(try ServiceURL("HTTPS://localhost:8443/lwa//").text == "HTTPS://localhost:8443/lwa")
    #expect(try ServiceURL("https://[::1]:8443").text == "https://[::1]:8443")
  }

  @Test(arguments: [
    ("http://api.amazon.com", ServiceURL.Fault.notHTTPS), ("", .notHTTPS), ("api.amazon.com", .notHTTPS),
    ("https://", .noHost), ("https:///", .noHost), ("https:///a", .noHost), ("https://:443", .noHost),
    ("https://u:p@example.com", .notAnAddressOnly), ("https://example.com?x", .notAnAddressOnly),
    ("https://example.com/#f", .notAnAddressOnly), ("https://example.com/a b", .notPlain),
    ("https://example.com\r\nX: y", .notPlain), ("https://exämple.com", .notPlain), ("https://a\\b", .notPlain),
    ("https://" + String(repeating: "a", count: 248), .notPlain),
  ]) func badAddresses(text: String, fault: ServiceURL.Fault) {
    #expect(throws: fault) { try ServiceURL(text) }
    #expect(!fault.explanation.isEmpty)
  }

  @Test func waitsAreBounded() {
    #expect(RetryAfter.bounded(nil) == nil)
    #expect(RetryAfter.bounded(-1) == nil)
    #expect(RetryAfter.bounded(0) == 0)
    #expect(RetryAfter.bounded(30) == 30)
    #expect(RetryAfter.bounded(.max) == 86_400)
  }
}
