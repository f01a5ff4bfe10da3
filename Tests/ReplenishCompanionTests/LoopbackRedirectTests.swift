import Foundation
import Testing

@testable import ReplenishCompanion

@Suite(.serialized) struct LoopbackRedirectTests {
  /// A port that is free now.
  private func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutableBytes(of: &address) { bytes in
      let pointer = try #require(bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self))
      try #require(bind(descriptor, pointer, size) == 0)
      try #require(getsockname(descriptor, pointer, &size) == 0)
    }
    return address.sin_port.bigEndian
  }

  /// Sends a request as a browser does, and returns the status line of the answer.
  private static func ask(_ port: UInt16, _ request: String) -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let connected = withUnsafeBytes(of: address) { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { connect(descriptor, $0.baseAddress, size) }
    }
    guard connected == 0, send(descriptor, request, request.utf8.count, 0) == request.utf8.count else { return "" }
    var answer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &answer, answer.count, 0)
    return String(decoding: answer.prefix(max(count, 0)).prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
  }

  private static func request(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n" }

  @Test func takesTheAnswerThatCarriesTheState() throws {
    let port = try freePort()
    let redirect = try LoopbackRedirect(try #require(WebURL("http://localhost:\(port)/callback")))
    let browser = Background {
      [
        LoopbackRedirectTests.ask(port, LoopbackRedirectTests.request("/favicon.ico")),
        LoopbackRedirectTests.ask(port, "POST /callback?code=1&state=s HTTP/1.1\r\n\r\n"),
        LoopbackRedirectTests.ask(port, LoopbackRedirectTests.request("/callback?code=1&state=forged")),
        LoopbackRedirectTests.ask(port, LoopbackRedirectTests.request("/callback?code=2&state=s")),
      ]
    }
    let url = try redirect.wait(state: "s", device: nil, seconds: 30)
    #expect(url.text == "http://localhost:\(port)/callback?code=2&state=s")
    let answers = browser.value
    #expect(answers?.map { $0.dropFirst(9).prefix(3) } == ["404", "404", "400", "200"])
  }

  @Test func endsWhenTheDeviceHangsUp() throws {
    let port = try freePort()
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
    defer { close(ends[0]) }
    let redirect = try LoopbackRedirect(try #require(WebURL("http://127.0.0.1:\(port)/")))
    close(ends[1])
    #expect { try redirect.wait(state: "s", device: ends[0], seconds: 30) } throws: {
      ($0 as? LinkingFailure)?.kind == .deviceUnreachable
    }
  }

  @Test(arguments: ["https://localhost:1/", "http://app.example/done"])
  func listensNowhereElse(redirectURI: String) throws {
    let url = try #require(WebURL(redirectURI))
    #expect(throws: LinkingFailure.self) { try LoopbackRedirect(url) }
  }
}
