import CLinux
import Foundation
import ReplenishCore
import Testing

@testable import ReplenishLinux

/// Serialized: each test starts a server of its own.
@Suite(.serialized) struct HTTPClientTests {
  /// One loop and one client, and requests made one after the other.
  private final class Caller {
    let loop: EventLoop
    let client: HTTPClient

    init(authority: String?, _ change: (inout HTTPClientConfiguration) -> Void = { _ in }) throws {
      loop = try EventLoop()
      var configuration = HTTPClientConfiguration()
      configuration.certificateFile = authority
      change(&configuration)
      client = try HTTPClient(loop: loop, configuration: configuration)
    }

    deinit {
      client.close()
      loop.close()
    }

    func make(_ request: HTTPRequest) throws -> HTTPOutcome {
      var outcome: HTTPOutcome?
      client.start(request) {
        #expect(outcome == nil)
        outcome = $0
      }
      #expect(outcome == nil)
      while outcome == nil { try loop.dispatch(timeout: -1) }
      return try #require(outcome)
    }

    func answer(_ request: HTTPRequest) throws -> HTTPAnswer {
      switch try make(request) {
      case .answered(let answer): return answer
      case .failed(let failure): throw failure
      }
    }

    func failure(_ request: HTTPRequest) throws -> TransportFailure? {
      if case .failed(let failure) = try make(request) { failure } else { nil }
    }
  }

  private struct Seen: Decodable {
    let method: String
    let headers: [String]
    let body: String
  }

  private func seen(_ answer: HTTPAnswer) throws -> Seen {
    try JSONDecoder().decode(Seen.self, from: Data(answer.body.withBytes { Array($0) }))
  }

  @Test func sendsWhatTheCoreAsksForAndNothingElse() throws {
    let server = try TLSServer()
    let caller = try Caller(authority: server.authority)
    let url = "https://localhost:\(server.port)/echo"
    let answer = try caller.answer(
      HTTPRequest(
        .post, url, headers: [.init("x-amzn-type-version", "a.b@1.0"), .init("X-Empty", "")],
        bearer: Secret(copying: "Atza|token"), contentType: "application/json",
        body: Secret(copying: #"{"a":1}"#)))
    #expect(answer.status == 200)
    #expect(answer.contentType == "application/json")
    #expect(answer.requestID == "id-1")
    #expect(answer.errorType == "None:here")
    #expect(answer.retryAfter == 17)
    let post = try seen(answer)
    #expect(post.method == "POST")
    #expect(post.body == #"{"a":1}"#)
    #expect(
      Set(post.headers) == [
        "Host: localhost:\(server.port)", "User-Agent: ReplenishKit/1", "Accept: */*", "Content-Length: 7",
        "Content-Type: application/json", "x-amzn-type-version: a.b@1.0", "X-Empty:",
        "Authorization: Bearer Atza|token",
      ])

    let empty = try seen(try caller.answer(HTTPRequest(.post, url)))
    #expect(empty.headers.contains("Content-Length: 0"))
    #expect(!empty.headers.contains { $0.hasPrefix("Content-Type") || $0.hasPrefix("Authorization") })
    #expect(!empty.headers.contains { $0.hasPrefix("Expect") || $0.hasPrefix("Transfer-Encoding") })

    let get = try seen(try caller.answer(HTTPRequest(.get, url)))
    #expect(get.method == "GET" && get.body.isEmpty)
    let delete = try seen(try caller.answer(HTTPRequest(.delete, url, bearer: Secret(copying: "t"))))
    #expect(delete.method == "DELETE" && delete.headers.contains("Authorization: Bearer t"))

    let put = try seen(
      try caller.answer(HTTPRequest(.put, url, contentType: "application/json", body: Secret(copying: "{}"))))
    #expect(put.method == "PUT" && put.body == "{}" && put.headers.contains("Content-Length: 2"))

    // One connection served them all.
    #expect(try server.seen().filter { $0.hasPrefix("connection") }.count == 1)
    #expect(try server.seen().first?.hasPrefix("connection TLSv1.") == true)
  }

  @Test func sendsALargeBodyWhole() throws {
    let server = try TLSServer()
    let caller = try Caller(authority: server.authority)
    let body = String(repeating: "0123456789", count: 6_000)
    let answer = try caller.answer(
      HTTPRequest(
        .post, "https://localhost:\(server.port)/echo", contentType: "text/plain", body: Secret(copying: body)))
    #expect(try seen(answer).body == body)
  }

  @Test func givesErrorsAndRedirectsAsTheyAre() throws {
    let server = try TLSServer()
    let caller = try Caller(authority: server.authority)
    let error = try caller.answer(HTTPRequest(.get, "https://localhost:\(server.port)/error"))
    #expect(error.status == 400)
    #expect(error.errorType == "InvalidTokenException:x")
    #expect(error.body.withBytes { Array($0) } == Array(#"{"message":"m"}"#.utf8))
    #expect(try caller.answer(HTTPRequest(.get, "https://localhost:\(server.port)/redirect")).status == 302)
    #expect(try !server.seen().contains("GET /echo"))
  }

  @Test(arguments: ["big", "stream", "headers"]) func boundsTheAnswer(path: String) throws {
    let server = try TLSServer()
    let caller = try Caller(authority: server.authority)
    let failure = try caller.failure(HTTPRequest(.get, "https://localhost:\(server.port)/\(path)"))
    #expect(failure == TransportFailure(.answerTooLarge, mayHaveBeenSent: true))
  }

  @Test(arguments: ["cut", "mute"]) func aBrokenAnswerMayHaveBeenActedOn(path: String) throws {
    let server = try TLSServer()
    let caller = try Caller(authority: server.authority)
    let failure = try caller.failure(HTTPRequest(.post, "https://localhost:\(server.port)/\(path)"))
    #expect(failure == TransportFailure(.broken, mayHaveBeenSent: true))
    // And the client still works.
    #expect(try caller.answer(HTTPRequest(.get, "https://localhost:\(server.port)/echo")).status == 200)
  }

  @Test(arguments: ["", "{}"]) func aKeptConnectionThatDiesIsNotAskedAgainInSilence(body: String) throws {
    let server = try TLSServer()
    let caller = try Caller(authority: server.authority)
    let url = "https://localhost:\(server.port)"
    #expect(try caller.answer(HTTPRequest(.get, url + "/echo")).status == 200)
    let request = HTTPRequest(.post, url + "/mute", body: body.isEmpty ? nil : Secret(copying: body))
    #expect(try caller.failure(request) == TransportFailure(.broken, mayHaveBeenSent: true))
    #expect(try server.seen().filter { $0 == "POST /mute" }.count == 1)
    #expect(try caller.answer(HTTPRequest(.get, url + "/echo")).status == 200)
  }

  @Test func aKeptConnectionThatTheServiceHasClosedIsNotUsed() throws {
    let server = try TLSServer()
    let caller = try Caller(authority: server.authority)
    let url = "https://localhost:\(server.port)"
    #expect(try caller.answer(HTTPRequest(.get, url + "/goodbye")).status == 200)
    while try !server.seen().contains("closed") { usleep(10_000) }
    #expect(try caller.answer(HTTPRequest(.post, url + "/echo")).status == 200)
    #expect(try server.seen().filter { $0 == "POST /echo" }.count == 1)
    #expect(try server.seen().filter { $0.hasPrefix("connection") }.count == 2)
  }

  @Test func anAnswerThatDoesNotComeEnds() throws {
    let server = try TLSServer()
    let caller = try Caller(authority: server.authority) { $0.totalLimit = 300 }
    let failure = try caller.failure(HTTPRequest(.post, "https://localhost:\(server.port)/hang"))
    #expect(failure == TransportFailure(.broken, mayHaveBeenSent: true))
  }

  @Test func refusesAForeignCertificateAndAForeignName() throws {
    let server = try TLSServer()
    let other = try TLSServer()
    let foreign = try Caller(authority: other.authority)
    let url = "https://localhost:\(server.port)/echo"
    let expected = TransportFailure(.certificateRefused, mayHaveBeenSent: false)
    #expect(try foreign.failure(HTTPRequest(.post, url, body: Secret(copying: "secret"))) == expected)
    let named = try Caller(authority: server.authority)
    #expect(try named.failure(HTTPRequest(.get, "https://127.0.0.1:\(server.port)/echo")) == expected)
    #expect(try !server.seen().contains { $0.hasSuffix("/echo") })
  }

  @Test func tellsWhatCannotHaveBeenSent() throws {
    let caller = try Caller(authority: nil)
    #expect(
      try caller.failure(HTTPRequest(.post, "https://does-not-exist.invalid/"))
        == TransportFailure(.nameNotResolved, mayHaveBeenSent: false))
    // A port that is bound but not listened to refuses.
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { _ = close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw -> UInt16 in
        guard bind(socket, raw, length) == 0, getsockname(socket, raw, &length) == 0 else { return 0 }
        return UInt16(bigEndian: pointer.pointee.sin_port)
      }
    }
    try #require(port != 0)
    #expect(
      try caller.failure(HTTPRequest(.post, "https://127.0.0.1:\(port)/"))
        == TransportFailure(.notConnected, mayHaveBeenSent: false))
  }

  @Test func speaksNothingButHTTPS() throws {
    let caller = try Caller(authority: nil)
    for url in ["http://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/", "nonsense", ""] {
      let failure = try caller.failure(HTTPRequest(.get, url))
      #expect(failure == TransportFailure(.local, mayHaveBeenSent: false), "\(url)")
    }
  }

  @Test func letsNobodyAddAHeader() throws {
    let caller = try Caller(authority: nil)
    let local = TransportFailure(.local, mayHaveBeenSent: false)
    #expect(
      try caller.failure(HTTPRequest(.get, "https://127.0.0.1:1/", headers: [.init("X", "a\r\nX-Evil: b")])) == local)
    #expect(
      try caller.failure(HTTPRequest(.get, "https://127.0.0.1:1/", bearer: Secret(copying: "a\r\nX-Evil: b"))) == local)
  }

  @Test func isAsleepBetweenRequests() throws {
    let server = try TLSServer()
    let caller = try Caller(authority: server.authority)
    _ = try caller.answer(HTTPRequest(.get, "https://localhost:\(server.port)/echo"))
    // What libcurl wants to do at once after an answer, it may do; then nothing is left that would wake the loop.
    for _ in 0..<20 { try caller.loop.dispatch() }
    #expect(caller.loop.timers.isIdle)
    var entry = pollfd(fd: caller.loop.pollDescriptor, events: Int16(POLLIN), revents: 0)
    #expect(poll(&entry, 1, 0) == 0)
  }
}

@Suite struct HTTPAnswerHeadersTests {
  private func read(_ lines: String...) -> HTTPAnswerHeaders {
    var headers = HTTPAnswerHeaders()
    for line in lines { Array(line.utf8).withUnsafeBytes { headers.take($0) } }
    return headers
  }

  @Test func forgetsAnInterimAnswer() {
    let headers = read(
      "HTTP/1.1 100 Continue\r\n", "Retry-After: 1\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "Content-Type: text/html \r\n")
    #expect(headers.retryAfter == nil)
    #expect(headers.contentType == "text/html")
  }

  @Test(arguments: ["Wed, 21 Oct 2015 07:28:00 GMT", "-1", "", "1.5", "99999999999999999999"])
  func anotherRetryAfterIsNone(value: String) {
    #expect(read("Retry-After: \(value)\r\n").retryAfter == nil)
  }

  @Test func cutsAndCleansValues() {
    let headers = read(
      "X-AMZN-REQUESTID:\t\u{1B}[31mred\r\n", "x-amzn-errortype: " + String(repeating: "e", count: 999))
    #expect(headers.requestID == "?[31mred")
    #expect(headers.errorType?.utf8.count == 256)
  }

  @Test func toleratesWhatIsNoField() {
    let headers = read("", "\r\n", ":", "no colon", "Content-Type", "Content-Type:")
    #expect(headers.contentType == "")
  }
}
