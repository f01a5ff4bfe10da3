import Foundation
import Logging
import Testing

@testable import AmazonEmulator
@testable import OAuthServer
@testable import ReplenishCloud

/// Several instances, one database, and an Amazon that accepts each refresh token once.
@Suite("Refresh", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct RefreshTests {
  @Test("three instances, 1,000 expired links, strict rotation: one refresh each, everybody has it, none is unlinked")
  func thousand() async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(1000, isKnown: true)
      try await cloud.withInstances(3) { instances, log in
        let answers = try await withThrowingTaskGroup(of: [Int64: String].self) { group in
          for instance in instances { group.addTask { try await instance.access(ids, atOnce: 40) } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(try await cloud.refreshes == 1000)
        #expect(try await cloud.states() == ["live": 1000])
        var seen: Set<String> = []
        for id in ids {
          let tokens = try #require(try await cloud.storage.registration(id)?.tokens)
          #expect(answers.map { $0[id] } == [tokens.access, tokens.access, tokens.access])
          // A second use of a refresh token would have killed its family.
          #expect(try await cloud.fixture.emulator.server.authorized(by: tokens.access) != nil)
          seen.insert(tokens.access)
        }
        #expect(seen.count == 1000)
        #expect(log.lines(.critical) == [])
      }
    }
  }

  @Test("while somebody else refreshes, a token that is still good is used, and nobody waits or asks Amazon")
  func stillGood() async throws {
    try await CloudFixture().run { cloud in
      let id = try await cloud.seedLinks(1, isKnown: true, secondsLeft: 100)[0]
      try await cloud.withInstances(2) { instances, _ in
        let row = try #require(try await cloud.storage.registration(id))
        let now = cloud.clock.now
        #expect(try await cloud.storage.leaseRefresh(row, lease: "other", until: now + 60, at: now))
        for instance in instances { #expect(try await instance.access(id) == row.tokens?.access) }
        #expect(try await cloud.refreshes == 0)
      }
    }
  }

  @Test("an instance that dies with the lease: the others wait for its end, then one of them refreshes")
  func deadLease() async throws {
    try await CloudFixture().run { cloud in
      let id = try await cloud.seedLinks(1, isKnown: true)[0]
      try await cloud.withInstances(2) { instances, _ in
        let row = try #require(try await cloud.storage.registration(id))
        let now = cloud.clock.now
        #expect(
          try await cloud.storage.leaseRefresh(row, lease: "dead", until: now + TokenKeeper.leaseTime, at: now))
        let waiting = instances.map { instance in Task { try await instance.access(id) } }
        cloud.clock.advance(TokenKeeper.leaseTime - 1)
        try await Task.sleep(for: .milliseconds(500))
        #expect(try await cloud.refreshes == 0)
        cloud.clock.advance(1)
        var answers: Set<String> = []
        for task in waiting { answers.insert(try await task.value) }
        let token = try #require(try await cloud.storage.registration(id)?.tokens?.access)
        #expect(answers == [token] && token != row.tokens?.access)
        #expect(try await cloud.refreshes == 1)
        // Whatever the dead one brings now is not stored.
        let late = TokenPair(access: "a", refresh: "r", expiresAt: now + 9999)
        #expect(try await cloud.storage.storeTokens(late, of: row, lease: "dead") == false)
      }
    }
  }

  @Test("a refresh whose answer is lost ends nothing; that Amazon then refuses the token it replaced ends the link")
  func lostAnswer() async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(2, isKnown: true)
      try await cloud.withInstances(2) { instances, _ in
        try await cloud.control("faults", #"{"operation":"token.refresh_token","kind":"loseAnswer"}"#)
        let before = try await cloud.storage.registration(ids[0])
        #expect(try await instances[0].access(ids[0]) == "unavailable")
        #expect(try await cloud.storage.registration(ids[0]) == before)
        #expect(try await instances[1].access(ids[0]) == "ended")
        let after = try await cloud.storage.registration(ids[0])
        #expect(after?.state == .ended && after?.tokens == nil)
        #expect(try await cloud.storage.registration(ids[1])?.state == .live)
      }
    }
  }

  @Test("invalid_grant for a token that was replaced while Amazon was asked unlinks nothing and counts for nothing")
  func replaced() async throws {
    try await CloudFixture().run { cloud in
      let ids = try await cloud.seedLinks(6, isKnown: false)
      try await cloud.withInstances(1) { instances, log in
        let (instance, faults) = (instances[0], cloud.fixture.emulator.faults)
        let delay = #"{"operation":"token.refresh_token","kind":"delay","seconds":12,"times":6}"#
        try await cloud.control("faults", delay)
        let asking = Task { try await instance.access(ids, atOnce: 6) }
        try await cloud.eventually("Amazon is asked") { await faults.faults.isEmpty }
        // The leases run out, and somebody else is faster.
        cloud.clock.advance(TokenKeeper.leaseTime)
        let now = cloud.clock.now
        for id in ids {
          let row = try #require(try await cloud.storage.registration(id))
          let new = TokenPair(access: "Atza|new", refresh: "Atzr|new\(id)", expiresAt: now + 3600)
          #expect(try await cloud.storage.leaseRefresh(row, lease: "other", until: now + 60, at: now))
          #expect(try await cloud.storage.storeTokens(new, of: row, lease: "other"))
        }
        let answers = try await asking.value
        #expect(Set(answers.values) == ["unavailable"])
        let later = try await instance.access(ids, atOnce: 1)
        #expect(Set(later.values) == ["Atza|new"])
        #expect(try await cloud.refreshes == 6)
        #expect(try await cloud.states() == ["live": 6])
        #expect(log.lines(.critical) == [])
      }
    }
  }
}
