import Foundation
import Logging
import Testing

@testable import AmazonEmulator
@testable import ReplenishCloud

@Suite("Connector: what it answers", .onBothDatabases, .sayingWhichDatabase, .timeLimit(.minutes(10)))
struct ConnectorDeskTests {
  private func run(_ test: @escaping @Sendable (ConnectorBench, Ownership, String) async throws -> Void) async throws {
    try await CloudFixture().run { cloud in
      let bench = try await ConnectorBench(cloud)
      let ownership = try await bench.owner()
      let token = await bench.grant(of: ownership.owner)
      try await test(bench, ownership, token)
      #expect(!cloud.fixture.log.text.contains(token))
    }
  }

  @Test("ActivateUser: whose account it is, the same however often, in both versions")
  func activate() async throws {
    try await run { bench, _, token async throws in
      for version in ["1.0.0", "1.0", "1.0"] {
        let envelope = bench.envelope("AWS.ActivateUser", token, version: version)
        let answer = try await bench.desk.answer(envelope, bearer: version == "1.0" ? token : nil)
        #expect(answer.code == 200 && answer.userID == "user1")
      }
      let encoded = try JSONEncoder().encode(try await bench.ask("AWS.ActivateUser", token).body)
      let read = try #require(InvocationEnvelope.Answer(encoded))
      #expect(read.code == 200 && read.userID == "user1")
    }
  }

  @Test("a user id that managed integrations would refuse later is refused now")
  func userID() async throws {
    try await run { bench, ownership, _ async throws in
      let token = await bench.grant(of: ownership.owner, "odd", user: "a|b")
      let answer = try await bench.ask("AWS.ActivateUser", token)
      #expect(answer.code == 501 && answer.userID == nil)
      #expect(bench.cloud.fixture.log.lines(.error).count == 1)
    }
  }

  @Test("DeactivateUser revokes the grant; once more, expired or unknown it is 200 all the same")
  func deactivate() async throws {
    try await run { bench, ownership, token async throws in
      for _ in 0..<3 { #expect(try await bench.ask("AWS.DeactivateUser", token).code == 200) }
      #expect(await bench.grants.revoked == ["grant1"])
      #expect(try await bench.ask("AWS.ActivateUser", token).code == 401)
      let expired = await bench.grant(of: ownership.owner, "grant2")
      await bench.grants.expire(expired)
      #expect(try await bench.ask("AWS.DeactivateUser", expired).code == 200)
      #expect(await bench.grants.revoked == ["grant1", "grant2"])
      #expect(try await bench.ask("AWS.DeactivateUser", "bm9uZQ==").code == 200)
    }
  }

  @Test(
    "a token that is dead, another client's, or not the bearer's opens nothing",
    arguments: ["AWS.ActivateUser", "AWS.DiscoverDevices", "AWS.SendCommand"])
  func strangers(operation: String) async throws {
    try await run { bench, ownership, token async throws in
      let further = ConnectorBench.identify("device").merging(["deviceDiscoveryId": .string("search1")]) { $1 }
      #expect(try await bench.ask(operation, "bm9uZQ==", further).code == 401)
      let foreign = await bench.grant(of: ownership.owner, "grant2", client: "another app")
      #expect(try await bench.ask(operation, foreign, further).code == 403)
      #expect(try await bench.ask("AWS.DeactivateUser", foreign).code == 403)
      // Nor does one that expired, which the service may still unlink with.
      await bench.grants.expire(foreign)
      #expect(try await bench.ask("AWS.DeactivateUser", foreign).code == 200)
      let envelope = bench.envelope(operation, token, further)
      #expect(try await bench.desk.answer(envelope, bearer: "b3RoZXI=").code == 401)
      var own = bench
      own.configuration.connectorID = "mine"
      #expect(try await own.desk.answer(envelope, bearer: nil).code == 403)
      #expect(try await bench.events() == [])
      #expect(await bench.grants.revoked == [])
    }
  }

  @Test("GeneralAuthorization is refused in words, whatever is asked for; an unknown type too")
  func generalAuthorization() async throws {
    try await run { bench, _, token async throws in
      for operation in ["AWS.ActivateUser", "AWS.DeactivateUser", "AWS.DiscoverDevices", "AWS.SendCommand", "AWS.X"] {
        let general = bench.envelope(operation, nil, type: "GeneralAuthorization")
        let answer = try await bench.desk.answer(general, bearer: nil)
        #expect(answer.code == 501 && answer.message.contains("OAuth 2.0"))
        let unknown = bench.envelope(operation, token, type: "Basic")
        #expect(try await bench.desk.answer(unknown, bearer: nil).code == 400)
      }
      #expect(try await bench.ask("AWS.Replenish", token).code == 400)
    }
  }

  @Test("what is no envelope, or out of its limits, is 400")
  func malformed() async throws {
    try await run { bench, _, token async throws in
      let long = { (count: Int) in String(repeating: "a", count: count) }
      func one(_ further: [String: JSONValue]) -> Data { bench.envelope("AWS.SendCommand", token, further) }
      let cluster = JSONValue.members(["id": .string("0x0003"), "commands": .object(["0x00": .string("x")])])
      let bodies: [Data] = [
        Data(), Data("[]".utf8), Data("{}".utf8), Data(#"{"header":{}}"#.utf8),
        bench.envelope("AWS.ActivateUser", nil), bench.envelope("AWS.ActivateUser", ""),
        bench.envelope("AWS.ActivateUser", "Atza|x"), bench.envelope("AWS.ActivateUser", "a b"),
        bench.envelope("AWS.ActivateUser", long(2049)), bench.envelope("AWS.ActivateUser", token, version: "2.0"),
        bench.envelope("AWS.ActivateUser", token, version: "1.0.0.0"),
        bench.envelope("AWS.ActivateUser", token, version: "1.x"), bench.envelope(long(65), token),
        bench.envelope("AWS.ActivateUser", token, connector: "a/../b"),
        bench.envelope("AWS.ActivateUser", token, connector: long(65)),
        bench.envelope("AWS.DiscoverDevices", token, ["deviceDiscoveryId": .string("a-b")]),
        bench.envelope("AWS.DiscoverDevices", token, ["deviceDiscoveryId": .string(long(201))]),
        bench.envelope("AWS.DiscoverDevices", token, ["deviceDiscoveryId": .number(1)]),
        bench.envelope("AWS.DiscoverDevices", token), one([:]), one(["traceId": .string("t")]),
        one(ConnectorBench.identify(long(257))), one(ConnectorBench.identify("a b")),
        one(ConnectorBench.identify("d", trace: "a/b")), one(ConnectorBench.identify("d", trace: long(129))),
        one(["endpoints": .array([])]),
        one(["endpoints": .array([.members(["id": .string("1"), "clusters": .array([cluster])])])]),
        bench.envelope("AWS.ActivateUser", token, ["more": .string(long(ConnectorEnvelope.limit))]),
      ]
      for body in bodies {
        let answer = try await bench.desk.answer(body, bearer: nil)
        #expect(answer.code == 400 && answer.userID == nil, "\(String(decoding: body.prefix(300), as: UTF8.self))")
      }
      #expect(try await bench.events() == [])
    }
  }

  @Test("DiscoverDevices is on disk before it is acknowledged, once however often it comes, and needs consent")
  func discover() async throws {
    try await run { bench, ownership, token async throws in
      let search: [String: JSONValue] = ["deviceDiscoveryId": .string("search1")]
      for _ in 0..<3 { #expect(try await bench.ask("AWS.DiscoverDevices", token, search).code == 200) }
      #expect(try await bench.events() == ["discovery search1 open"])
      let narrow = await bench.grant(of: ownership.owner, "grant2", scope: ["devices:identify"])
      #expect(try await bench.ask("AWS.DiscoverDevices", narrow, search).code == 403)
      #expect(try await bench.events().count == 1)
    }
  }

  @Test("SendCommand: Identify for the owner's own device, once however often it comes")
  func command() async throws {
    try await run { bench, ownership, token async throws in
      let device = try await bench.device(ownership)
      for _ in 0..<3 {
        #expect(try await bench.ask("AWS.SendCommand", token, ConnectorBench.identify(device)).code == 200)
      }
      let noted = await bench.commands.noted
      #expect(noted.count == 1 && noted[0].action == .identify(seconds: 10) && noted[0].ownership == ownership.id)
      #expect(noted[0].expiresAt == bench.cloud.clock.now + 60)
      #expect(try await bench.events() == ["response trace1 open"])
      // By name, in decimal, and 0 to end it.
      let other = ConnectorBench.identify(
        device, trace: "trace2", cluster: "3", command: "0", fields: ["IdentifyTime": .number(0)])
      #expect(try await bench.ask("AWS.SendCommand", token, other).code == 200)
      #expect(await bench.commands.noted.last?.action == .identify(seconds: 0))
    }
  }

  @Test("command outside consent")
  func outsideConsent() async throws {
    try await run { bench, ownership, _ async throws in
      let device = try await bench.device(ownership)
      let narrow = await bench.grant(of: ownership.owner, "grant2", scope: ["devices:read"])
      #expect(try await bench.ask("AWS.SendCommand", narrow, ConnectorBench.identify(device)).code == 403)
      #expect(await bench.commands.noted == [])
      #expect(try await bench.events() == [])
    }
  }

  @Test("ordering is never a command: only Identify is one, and only as Matter has it")
  func onlyIdentify() async throws {
    try await run { bench, ownership, token async throws in
      let device = try await bench.device(ownership)
      let time: [String: JSONValue] = ["0x0000": .number(10)]
      let twice = JSONValue.members([
        "id": .string("0x0003"), "commands": .object(["0x00": .object(time), "0x40": .object(time)]),
      ])
      let good = JSONValue.members(["id": .string("0x0003"), "commands": .object(["0x00": .object(time)])])
      func command(_ endpoint: String, _ clusters: [JSONValue]) -> [String: JSONValue] {
        var members = ConnectorBench.identify(device)
        members["endpoints"] = .array([.members(["id": .string(endpoint), "clusters": .array(clusters)])])
        return members
      }
      let wrong = [
        ConnectorBench.identify(device, cluster: "0x0006"), ConnectorBench.identify(device, cluster: "replenish"),
        ConnectorBench.identify(device, cluster: "0xFFF10003"), ConnectorBench.identify(device, command: "0x40"),
        ConnectorBench.identify(device, command: "order"), ConnectorBench.identify(device, fields: [:]),
        ConnectorBench.identify(device, fields: ["0x0000": .number(65_536)]),
        ConnectorBench.identify(device, fields: ["0x0000": .number(-1)]),
        ConnectorBench.identify(device, fields: ["0x0000": .number(1.5)]),
        ConnectorBench.identify(device, fields: ["0x0000": .bool(true)]),
        ConnectorBench.identify(device, fields: ["0x0001": .number(1)]),
        ConnectorBench.identify(device, fields: ["0x0000": .number(1), "slot": .string("coffee")]),
        command("1", [twice]), command("1", [good, good]), command("2", [good]), command("1", []),
      ]
      for members in wrong {
        let answer = try await bench.ask("AWS.SendCommand", token, members)
        #expect(answer.code == 501 && answer.message.contains("Identify"), "\(members)")
      }
      #expect(await bench.commands.noted == [])
    }
  }

  @Test("another owner's device, one that was given away, and none at all have the same answer")
  func boundaries() async throws {
    try await run { bench, ownership, token async throws in
      let stranger = try await bench.owner("neighbour@example.com", serial: "SN2")
      let theirs = try await bench.device(stranger)
      let mine = try await bench.device(ownership)
      #expect(theirs != mine)
      #expect(try await bench.cloud.storage.release(ownership.id, at: bench.cloud.clock.now))
      var answers: [ConnectorAnswer] = []
      for device in [theirs, mine, "none"] {
        answers.append(try await bench.ask("AWS.SendCommand", token, ConnectorBench.identify(device)))
      }
      #expect(answers[0].code == 404 && answers.allSatisfy { $0 == answers[0] })
      #expect(await bench.commands.noted == [])
    }
  }
}
