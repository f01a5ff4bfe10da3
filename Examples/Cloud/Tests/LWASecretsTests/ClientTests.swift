import BoundedHTTP
import Foundation
import NIOHTTP1
import Testing

@testable import AWSRequests

/// Calls: what is tried again, what is not, and what errors say.
@Suite("AWS calls")
struct ClientTests {
  private let clock = TestClock()

  private func client(_ http: StandIn, _ variables: [String: String] = [:]) throws -> AWSClient {
    let keys = ["AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "se", "AWS_SESSION_TOKEN": "session-canary"]
    let environment = environment(variables.isEmpty ? keys : variables)
    let place = try AWSPlace(
      service: "secretsmanager", identifier: "secrets_manager", region: "us-east-1", environment: environment)
    return AWSClient(
      service: "secretsmanager", at: place,
      credentials: CredentialChain(environment, http: http, clock: clock.clock), http: http, clock: clock.clock)
  }

  private func failure(_ exchange: HTTPExchange) async throws -> (AWSFailure, calls: Int) {
    let http = StandIn { _, _ in exchange }
    let client = try client(http)
    let failure = try await #require(throws: AWSFailure.self) { _ = try await client.call("GetSecretValue", [:]) }
    #expect(!failure.description.contains("\n"), "\(failure)")
    #expect(!failure.description.contains("canary"), "\(failure)")
    return (failure, http.calls.count)
  }

  @Test("a call goes to the root of the place, signed, with its target and its members")
  func call() async throws {
    let http = StandIn { _, _ in .json(#"{"Name":"n"}"#, headers: ["Content-Type": "text/html"]) }
    let members = try await client(http).call("GetSecretValue", ["SecretId": "a/b", "VersionStage": "AWSCURRENT"])
    #expect(members["Name"] as? String == "n")
    let sent = try #require(http.calls.first)
    #expect(sent.method == .POST && sent.address == "https://secretsmanager.us-east-1.amazonaws.com/")
    #expect(sent.body == #"{"SecretId":"a/b","VersionStage":"AWSCURRENT"}"#)
    #expect(sent.headers.first(name: "X-Amz-Target") == "secretsmanager.GetSecretValue")
    #expect(sent.headers.first(name: "X-Amz-Security-Token") == "session-canary")
    #expect(
      sent.headers.first(name: "Authorization")?.contains(
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, ") == true)
  }

  @Test(
    "errors are told by code, not by status",
    arguments: [
      (#"{"__type":"ResourceNotFoundException","Message":"m"}"#, 400, AWSFailure.Kind.notFound, 1),
      (#"{"__type":"com.amazonaws.secretsmanager#ResourceNotFoundException:http://x/"}"#, 404, .notFound, 1),
      (#"{"__type":"ResourceExistsException"}"#, 400, .exists, 1),
      (#"{"__type":"AccessDeniedException"}"#, 400, .denied, 1),
      (#"{"__type":"UnrecognizedClientException"}"#, 403, .denied, 1),
      (#"{"__type":"InvalidRequestException","message":"scheduled for deletion"}"#, 400, .refused, 1),
      (#"{"__type":"DecryptionFailure"}"#, 400, .refused, 1),
      (#"{"__type":"ThrottlingException"}"#, 400, .throttled, 3),
      (#"{"__type":"TooManyRequestsException"}"#, 429, .throttled, 3),
      (#"{"__type":"InternalServiceError"}"#, 400, .transient, 3),
      (#"{"__type":"InternalServiceError"}"#, 500, .transient, 3),
      (#"{"__type":"ExpiredTokenException"}"#, 403, .expiredCredentials, 1),
      (#"{"__type":"InvalidSignatureException"}"#, 403, .skewedClock, 1),
      ("<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>", 403, .skewedClock, 1),
      ("<Error><Code>AccessDenied</Code><Message>no\nway</Message></Error>", 403, .denied, 1),
      ("<html><body>Internal Server Error</body></html>", 500, .transient, 3),
      ("<html>Not here</html>", 404, .refused, 1), ("", 503, .transient, 3), ("no json", 200, .transient, 3),
    ] as [(String, UInt, AWSFailure.Kind, Int)])
  func codes(body: String, status: UInt, kind: AWSFailure.Kind, calls: Int) async throws {
    let (failure, count) = try await failure(.json(body, status: status))
    #expect(failure.kind == kind && count == calls, "\(failure.kind) \(count) \(failure)")
  }

  @Test("the code may be in a header; a refused signature's text, which repeats the session token, is not shown")
  func texts() async throws {
    var (failure, _) = try await failure(
      .json("", status: 400, headers: ["x-amzn-ErrorType": "ResourceNotFoundException:http://internal/"]))
    #expect(failure.code == "ResourceNotFoundException" && failure.description.contains("region"))
    (failure, _) = try await self.failure(
      .json(
        #"{"__type":"InvalidSignatureException","message":"The Canonical String: x-amz-security-token:session-canary"}"#,
        status: 403))
    #expect(failure.description.contains("clock"))
    (failure, _) = try await self.failure(
      .json(#"{"__type":"AccessDeniedException","Message":"User: x is not authorized\n to do that"}"#, status: 400))
    #expect(failure.description.contains("User: x is not authorized to do that"))
    (failure, _) = try await self.failure(.none("connection refused"))
    #expect(failure.kind == .transient && failure.description.contains("connection refused"))
  }

  @Test("busy: waits grow, are bounded and drawn at random, and success ends them")
  func busy() async throws {
    let http = StandIn { _, number in
      number < 2 ? .json(#"{"__type":"ThrottlingException"}"#, status: 400) : .json("{}")
    }
    _ = try await client(http).call("GetSecretValue", [:])
    #expect(clock.waits == [2, 4] && http.calls.count == 3)
  }

  @Test("credentials that AWS calls expired are fetched again, once")
  func expired() async throws {
    let http = StandIn { call, number in
      guard call.method == .POST else {
        return .json(#"{"AccessKeyId":"AK\#(number)","SecretAccessKey":"s","Token":"t"}"#)
      }
      return call.headers.first(name: "Authorization")?.contains("AK0") == true
        ? .json(#"{"__type":"ExpiredTokenException"}"#, status: 400) : .json(#"{"ok":"1"}"#)
    }
    let role = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/r"]
    #expect(try await client(http, role).call("GetSecretValue", [:])["ok"] as? String == "1")
    #expect(http.calls.map(\.method) == [.GET, .POST, .GET, .POST])
    let dead = StandIn { call, number in
      call.method == .POST
        ? .json(#"{"__type":"ExpiredTokenException"}"#, status: 400)
        : .json(#"{"AccessKeyId":"AK\#(number)","SecretAccessKey":"s"}"#)
    }
    let failing = try client(dead, role)
    let failure = try await #require(throws: AWSFailure.self) { _ = try await failing.call("GetSecretValue", [:]) }
    #expect(failure.kind == .expiredCredentials && dead.calls.count(where: { $0.method == .POST }) == 2)
  }

  @Test("a clock that is wrong is found out by the answer's Date, once, and remembered")
  func skew() async throws {
    let theirs = clock.now + 3600
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(secondsFromGMT: 0)
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    let date = format.string(from: theirs)
    let http = StandIn { call, _ in
      call.headers.first(name: "X-Amz-Date") == SignatureV4.time(theirs)
        ? .json("{}")
        : .json(#"{"__type":"InvalidSignatureException"}"#, status: 403, headers: ["Date": date])
    }
    let client = try client(http)
    for _ in 0..<2 { _ = try await client.call("GetSecretValue", [:]) }
    #expect(http.calls.count == 3)
    // A clock that is right is not moved, and nothing is sent again.
    let wrongKey = StandIn { [clock] _, _ in
      .json(
        #"{"__type":"InvalidSignatureException"}"#, status: 403, headers: ["Date": format.string(from: clock.now + 60)])
    }
    let refused = try self.client(wrongKey)
    await #expect(throws: AWSFailure.self) { _ = try await refused.call("GetSecretValue", [:]) }
    #expect(wrongKey.calls.count == 1)
  }
}
