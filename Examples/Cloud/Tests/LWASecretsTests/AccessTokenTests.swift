import BoundedHTTP
import Foundation
import NIOHTTP1
import Synchronization
import Testing

@testable import LWASecrets

/// The cache, single flight, and what refusals mean. Tests whose name begins with "asp-cli" name a mistake of the reference.
@Suite("Access tokens", .timeLimit(.minutes(10)))
struct AccessTokenTests {
  private let clock = TestClock()

  @Test("asp-cli asks both services on every run: here one refresh serves processes and callers until it is due")
  func cached() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    let first = try machine.start()
    #expect(try await first.token() == "Atza|1")
    #expect(try await first.token() == "Atza|1")
    #expect(try await machine.start().token() == "Atza|1")
    #expect(services.refreshes.count == 1)
    clock.advance(3600 - 301)
    #expect(try await machine.start().token() == "Atza|1")
    clock.advance(2)
    #expect(try await machine.start().token() == "Atza|2")
    // A process that kept the old one sees what the other one wrote.
    #expect(try await first.token() == "Atza|2")
    #expect(try await first.token(fresh: true) == "Atza|3")
  }

  @Test("asp-cli's token file is readable by all and lies in the current folder: here 0600 in a 0700 folder of its own")
  func privateFile() async throws {
    let machine = try Machine(Services(), clock)
    _ = try await machine.start().token()
    #expect(machine.folder.mode("state") == 0o700 && machine.folder.mode("state/token.json") == 0o600)
    #expect(machine.folder.mode("state/lock") == 0o600)
    // A file that others could have written is not believed.
    chmod(machine.folder.path + "/state/token.json", 0o644)
    #expect(try await machine.start().token() == "Atza|2")
    #expect(machine.folder.mode("state/token.json") == 0o600)
    chmod(machine.folder.path + "/state", 0o755)
    let failure = try #require(throws: (any Error).self) { _ = try machine.start() }
    #expect("\(failure)".contains("chmod 700"))
  }

  @Test("asp-cli with cacheToken false never has a token: here it is kept in memory only")
  func memoryOnly() async throws {
    let machine = try Machine(Services(), clock)
    let tokens = try machine.start(store: try machine.secretStore(), tokenFile: nil)
    #expect(try await tokens.token() == "Atza|1")
    #expect(try await tokens.token() == "Atza|1")
    #expect(machine.folder.read("state/token.json") == nil)
  }

  @Test("a clock that was set back, another record's file and a torn one: the token is not used")
  func doubtful() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    _ = try await machine.start().token()
    clock.advance(-7200)
    #expect(try await machine.start().token() == "Atza|2")
    let file = try #require(machine.folder.read("state/token.json"))
    for torn in [String(file.dropLast(40)), "", file.replacing("\"record\"", with: "\"recor\"")] {
      let count = services.refreshes.count
      try machine.folder.write("state/token.json", torn)
      _ = try await machine.start().token()
      #expect(services.refreshes.count == count + 1)
    }
    let other = machine.folder.read("state/token.json")?.replacing(/"record" : "..../, with: "\"record\" : \"0000")
    try machine.folder.write("state/token.json", try #require(other))
    let count = services.refreshes.count
    _ = try await machine.start().token()
    #expect(services.refreshes.count == count + 1)
  }

  @Test("many callers at once, in one process and in two: one refresh")
  func singleFlight() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    let processes = try [machine.start(), machine.start()]
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<40 { group.addTask { try await processes[number % 2].token() } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(texts == ["Atza|1"] && services.refreshes.count == 1 && services.putCount == 1)
  }

  @Test("who asks for a fresh token does not get the one at hand from somebody who asked at the same time")
  func freshBesideOthers() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    _ = try await machine.start().token()
    let tokens = try machine.start()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { _ = try await tokens.token() } }
      group.addTask {
        let fresh = try await tokens.token(fresh: true)
        #expect(fresh == "Atza|2")
      }
      try await group.waitForAll()
    }
    #expect(services.refreshes.count == 2)
  }

  @Test("asp-cli sends the scope as a list: here it is one text, spaces between, as RFC 6749 has it")
  func form() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    _ = try await machine.start().token()
    let sent = try #require(services.calls.first { $0.address == "https://api.amazon.com/auth/O2/token" })
    #expect(
      sent.body == "grant_type=refresh_token&refresh_token=Atzr%7C0&client_id=id&client_secret=secret-canary"
        + "&scope=alexa%3A%3Aenterprise%3Amanagement%20profile")
    #expect(sent.headers.first(name: "Content-Type") == "application/x-www-form-urlencoded")
  }

  @Test(
    "asp-cli swallows failures and goes on with an empty token: here each has its class, and no token comes out",
    arguments: [
      (HTTPExchange.json(#"{"error":"invalid_client"}"#, status: 401), SecretsFailure.Kind.denied, "client id id"),
      (.json(#"{"error":"unauthorized_client"}"#, status: 400), .denied, "unauthorized_client"),
      (.json(#"{"error":"invalid_scope"}"#, status: 400), .configuration, "lwa-auth-scope"),
      (.json(#"{"error":"invalid_grant"}"#, status: 400), .unlinked, "authorize again"),
      (.json(#"{"error":"invalid_grant"}"#, status: 500), .temporary, "later"),
      (.json("<html>", status: 503), .temporary, "503"), (.json("", status: 429), .temporary, "429"),
      (.json("<html>"), .temporary, "lacks access_token"), (.none("refused"), .temporary, "refused"),
      (.json(#"{"access_token":"","token_type":"bearer","expires_in":1}"#), .temporary, "lacks"),
    ] as [(HTTPExchange, SecretsFailure.Kind, String)])
  func failures(answer: HTTPExchange, kind: SecretsFailure.Kind, word: String) async throws {
    let services = Services()
    services.state.withLock { $0.loginFault = answer }
    let machine = try Machine(services, clock)
    let tokens = try machine.start()
    let failure = try await #require(throws: SecretsFailure.self) { _ = try await tokens.token() }
    #expect(failure.kind == kind && failure.description.contains(word), "\(failure)")
    #expect(services.refreshes.count == 1 && machine.folder.read("state/token.json") == nil)
    // The next call asks again; nothing of the failure stays.
    services.state.withLock { $0.loginFault = nil }
    #expect(try await tokens.token() == "Atza|2")
  }

  @Test("asp-cli prints the whole request on an error: here no error and no description has a secret in it")
  func noSecretInErrors() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    let answers: [HTTPExchange] = [
      .none("x"), .json(#"{"error":"invalid_client","error_description":"secret-canary Atzr|0"}"#, status: 401),
      .json(#"{"error":"amzn1.oa2-cs.v1.canary7f3a"}"#, status: 400), .json(#"{"error":"Atzr|0"}"#, status: 500),
      .json("secret-canary Atzr|0", status: 400), .json("secret-canary Atzr|0"),
    ]
    for answer in answers {
      services.state.withLock { $0.loginFault = answer }
      let tokens = try machine.start()
      let failure = try await #require(throws: SecretsFailure.self) { _ = try await tokens.token() }
      for secret in ["canary", "Atzr"] { #expect(!"\(failure)".contains(secret), "\(failure)") }
      #expect(!failure.description.contains("\n"))
    }
    let stored = try await machine.secretStore().read()
    let configuration = try TokenConfiguration(
      path: machine.folder.write("default.json", ConfigurationTests.sample))
    let answer = #"{"access_token":"Atza|canary","refresh_token":"Atzr|0","token_type":"bearer","expires_in":1}"#
    let described: [Any] = [
      stored, stored.credentials, configuration, configuration.source, services.calls,
      TokenAnswer(status: 200, body: Data(answer.utf8)), AccessToken(text: "Atza|", askedAt: .now, expiresAt: .now),
      HTTPAnswer(status: 200, body: Data(answer.utf8)),
    ]
    for value in described { #expect(!"\(value)".contains(/canary|Atz[ar]/), "\(value)") }
  }

  @Test("invalid_grant for a token that another machine has replaced meanwhile: the one on record is tried, once")
  func replacedMeanwhile() async throws {
    let services = Services(document: Services.document("Atzr|dead"))
    let machine = try Machine(services, clock)
    let tokens = try machine.start()
    await #expect(throws: SecretsFailure.self) { _ = try await tokens.token() }
    #expect(services.refreshes == ["Atzr|dead"])
    // The record changes after it was read and before Login with Amazon answers.
    let racing = StandIn { call, number in
      let answer = services.answer(call)
      if number == 0 { services.set(Services.document("Atzr|0")) }
      return answer
    }
    #expect(try await machine.start(over: racing).token() == "Atza|3")
    #expect(services.refreshes == ["Atzr|dead", "Atzr|dead", "Atzr|0"])
  }
}
