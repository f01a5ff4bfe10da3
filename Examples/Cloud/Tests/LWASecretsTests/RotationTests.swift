import BoundedHTTP
import Foundation
import NIOHTTP1
import Synchronization
import Testing

@testable import LWASecrets

/// Refresh tokens that change: journal, write-back, races, power cuts.
@Suite("Rotated refresh tokens", .timeLimit(.minutes(10)))
struct RotationTests {
  private let clock = TestClock()

  private func refreshToken(_ document: String) -> String? {
    Services.members(document)["lwa-refresh-token"] as? String
  }

  @Test("asp-cli ignores a rotated refresh token: here one PutSecretValue changes that text and no other byte")
  func writtenBack() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    #expect(try await machine.start().token() == "Atza|1")
    #expect(services.onRecord == Services.document("Atzr|1"))
    #expect(services.putCount == 1 && machine.journals.isEmpty)
    let put = Services.members(try #require(services.state.withLock { $0.puts.first }))
    let token = try #require(put["ClientRequestToken"] as? String)
    #expect((32...64).contains(token.utf8.count) && put["VersionStages"] == nil)
    #expect(token == SecretsManagerStore.token(after: String(repeating: "a", count: 32)))
    // The next one follows from the version that this one made.
    #expect(try await machine.start().token(fresh: true) == "Atza|2")
    #expect(refreshToken(services.onRecord) == "Atzr|2")
    #expect(services.state.withLock { $0.current } == SecretsManagerStore.token(after: token))
    // A refresh token that does not change is not written.
    services.state.withLock { $0.rotates = false }
    _ = try await machine.start().token(fresh: true)
    #expect(services.putCount == 2)
  }

  @Test("a version stage of one's own is moved, and AWSCURRENT left alone")
  func stage() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    let store = SecretsManagerStore(
      client: try machine.secretStore().client, secret: try .init("n", stage: "blue", source: "the test"))
    _ = try await machine.start(store: store).token()
    let put = Services.members(try #require(services.state.withLock { $0.puts.first }))
    #expect(put["VersionStages"] as? [String] == ["blue"])
  }

  @Test("two machines refresh at once: one writes, the other one is told and uses what is there; nothing is lost")
  func race() async throws {
    let services = Services()
    let second = try Machine(services, clock)
    // The other machine reads, refreshes and writes between this one's answer and its PutSecretValue.
    let other = try Machine(services, clock)
    let between = Interleaved(services, before: "secretsmanager.PutSecretValue") {
      _ = try? await other.start().token()
    }
    #expect(try await second.start(over: between).token() == "Atza|1")
    #expect(services.putCount == 1 && refreshToken(services.onRecord) == "Atzr|2")
    #expect(second.journals.isEmpty && other.journals.isEmpty)
    #expect(
      services.calls.count { $0.headers.contains(name: "X-Amz-Target") && $0.body?.contains("ClientReq") == true } == 2)
    #expect(try await second.start().token(fresh: true) == "Atza|3")
    #expect(services.refreshes == ["Atzr|0", "Atzr|0", "Atzr|2"])
  }

  @Test("the journal is on disk, 0600, before PutSecretValue leaves")
  func journalFirst() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    let seen = Interleaved(services, before: "secretsmanager.PutSecretValue") {
      #expect(machine.journals.count == 1)
      for name in machine.journals {
        #expect(machine.folder.mode("state/" + name) == 0o600)
        #expect(machine.folder.read("state/" + name)?.contains("Atzr|1") == true)
      }
    }
    _ = try await machine.start(over: seen).token()
    #expect(machine.journals.isEmpty)
  }

  @Test("cut off before PutSecretValue, or before its answer: the next start brings the token on record, once")
  func replayed() async throws {
    for arrives in [false, true] {
      let services = Services()
      let machine = try Machine(services, clock)
      let cut = StandIn { call, _ in
        guard call.headers.first(name: "X-Amz-Target") == "secretsmanager.PutSecretValue" else {
          return services.answer(call)
        }
        if arrives { _ = services.answer(call) }
        return .none("cut")
      }
      let tokens = try machine.start(over: cut)
      #expect(try await tokens.token() == "Atza|1")
      let warnings = await tokens.warnings
      #expect(warnings.count == 1 && warnings[0].contains("rotation-") && !warnings[0].contains("Atzr"))
      #expect(machine.journals.count == 1)
      #expect(refreshToken(services.onRecord) == (arrives ? "Atzr|1" : "Atzr|0"))
      clock.advance(7200)
      #expect(try await machine.start().token() == "Atza|2")
      #expect(services.refreshes == ["Atzr|0", "Atzr|1"])
      #expect(refreshToken(services.onRecord) == "Atzr|2" && machine.journals.isEmpty && services.putCount == 2)
    }
  }

  @Test("without permission to write, the token waits in the journal and is used from there, rotation after rotation")
  func readOnly() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    let denied = HTTPExchange.json(#"{"__type":"AccessDeniedException"}"#, status: 400)
    for number in 1...3 {
      services.state.withLock { $0.putFaults = [denied, denied] }
      let tokens = try machine.start()
      #expect(try await tokens.token(fresh: true) == "Atza|\(number)")
      #expect(await tokens.warnings.first?.contains("AccessDeniedException") == true)
    }
    #expect(services.refreshes == ["Atzr|0", "Atzr|1", "Atzr|2"])
    services.state.withLock { $0.putFaults = [] }
    _ = try await machine.start().token(fresh: true)
    #expect(refreshToken(services.onRecord) == "Atzr|4" && machine.journals.isEmpty)
  }

  @Test("a journal that is older than what stands on record gives way; another record's journal is not touched")
  func overtaken() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    services.state.withLock { $0.putFaults = [.none("cut"), .none("cut"), .none("cut")] }
    _ = try await machine.start().token()
    try #require(machine.journals.count == 1)
    try machine.folder.write("state/rotation-0000000000000000.json", "another record's")
    services.state.withLock { _ = $0.alive.insert("Atzr|authorized-again") }
    services.set(Services.document("Atzr|authorized-again"))
    _ = try await machine.start().token(fresh: true)
    #expect(services.refreshes.last == "Atzr|authorized-again")
    #expect(machine.journals == ["rotation-0000000000000000.json"])
  }

  @Test("a journal whose token is dead gives way to the one on record; one that cannot be read stops everything")
  func deadJournal() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    let cut = [HTTPExchange](repeating: .none("cut"), count: 3)
    services.state.withLock { $0.putFaults = cut }
    _ = try await machine.start().token()
    services.state.withLock {
      $0.alive.remove("Atzr|1")
      $0.putFaults = cut
    }
    #expect(try await machine.start().token(fresh: true) == "Atza|3")
    #expect(services.refreshes == ["Atzr|0", "Atzr|1", "Atzr|0"] && refreshToken(services.onRecord) == "Atzr|3")
    services.state.withLock { $0.putFaults = cut }
    _ = try await machine.start().token(fresh: true)
    let journal = try #require(machine.journals.first)
    try machine.folder.write("state/" + journal, "{}")
    let tokens = try machine.start()
    let failure = try await #require(throws: SecretsFailure.self) { _ = try await tokens.token(fresh: true) }
    #expect(failure.kind == .files && failure.description.contains(journal))
  }

  @Test("a journal that cannot be written keeps nothing back: the token goes on record, and a line says what is wrong")
  func noJournal() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    let store = try machine.secretStore()
    let journal = try StateFiles(
      folder: machine.folder.path + "/state", identity: store.identity, tokenFile: nil
    ).journal
    // A folder stands in the journal's way, from the moment at which it was found absent.
    let blocking = StandIn { call, _ in
      if !call.headers.contains(name: "X-Amz-Target") {
        try? FileManager.default.createDirectory(atPath: journal + "/x", withIntermediateDirectories: true)
      }
      return services.answer(call)
    }
    let blocked = try machine.start(over: blocking)
    #expect(try await blocked.token() == "Atza|1")
    #expect(refreshToken(services.onRecord) == "Atzr|1")
    #expect(await blocked.warnings.first?.contains("cannot write the journal") == true)
    // With both in trouble the line says that it is lost.
    try FileManager.default.removeItem(atPath: journal)
    services.state.withLock { $0.putFaults = [.none("cut"), .none("cut"), .none("cut")] }
    let lost = try machine.start(over: blocking)
    #expect(try await lost.token(fresh: true) == "Atza|2")
    #expect(await lost.warnings.contains { $0.contains("LOST") })
  }

  @Test("a secret that was set back to an older version: the token waits in the journal, and a line says so")
  func setBack() async throws {
    let services = Services()
    let machine = try Machine(services, clock)
    let first = services.state.withLock { $0.current }
    _ = try await machine.start().token()
    services.state.withLock { $0.current = first }
    let tokens = try machine.start()
    #expect(try await tokens.token(fresh: true) == "Atza|2")
    #expect(await tokens.warnings.first?.contains("set back") == true && machine.journals.count == 1)
    #expect(try await machine.start().token(fresh: true) == "Atza|3")
    #expect(services.refreshes == ["Atzr|0", "Atzr|0", "Atzr|2"])
  }
}

/// Does something before a call to an operation goes on its way.
final class Interleaved: HTTPSender {
  private let services: Services
  private let operation: String
  private let work: @Sendable () async -> Void

  init(_ services: Services, before operation: String, _ work: @escaping @Sendable () async -> Void) {
    (self.services, self.operation, self.work) = (services, operation, work)
  }

  func send(_ call: HTTPCall) async -> HTTPExchange {
    if call.headers.first(name: "X-Amz-Target") == operation { await work() }
    return services.answer(call)
  }
}
