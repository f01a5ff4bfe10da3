import Foundation
import HTTPTypes
import Testing

@testable import AmazonEmulator

@Suite("Managed integrations: devices and commands", .timeLimit(.minutes(10)))
struct ManagedDeviceTests {
  private static let report: JSONValue = .members([
    "version": "1.0.0".json, "nodeId": "1".json,
    "endpoints": .array([
      .members([
        "id": "1".json, "deviceTypes": .array(["Appliance".json]),
        "clusters": .array([.members(["id": "0x0003".json, "revision": .number(4)])]),
      ])
    ]),
  ])

  private func command(_ association: String, capability: String = "Identify", action: String = "Identify") -> JSONValue
  {
    .members([
      "AccountAssociationId": association.json,
      "Endpoints": .array([
        .members([
          "endpointId": "1".json,
          "capabilities": .array([
            .members([
              "id": "matter.\(capability)@1.3".json, "name": capability.json, "version": "1".json,
              "actions": .array([
                .members(["name": action.json, "parameters": .members(["IdentifyTime": .number(7)])])
              ]),
            ])
          ]),
        ])
      ]),
    ])
  }

  /// A search that found one device.
  private func found(_ customer: Customer, _ association: String) async throws -> (search: String, material: String) {
    let begun = try await customer.send(
      .post, "/device-discoveries",
      .members(["DiscoveryType": "CLOUD".json, "AccountAssociationId": association.json]))
    let search = try #require(begun.value["Id"]?.text, "\(begun.text)")
    try await customer.eventually("the connector was asked") {
      await customer.third.envelopes.contains { $0["payload"]?["deviceDiscoveryId"]?.text == search }
    }
    let device = JSONValue.members([
      "ConnectorDeviceId": "device-1".json, "ConnectorDeviceName": "CoffeeMaker-9000".json,
      "CapabilityReport": Self.report,
    ])
    let taken = try await customer.event([
      "UserId": "user-1".json, "Operation": "DEVICE_DISCOVERY".json, "OperationVersion": "1.0".json,
      "StatusCode": .number(200), "DeviceDiscoveryId": search.json, "Devices": .array([device]),
    ])
    try #require(taken.status == .accepted, "\(taken.text)")
    #expect(taken.value == .members(["ConnectorId": customer.connector.json]))
    let list = try await customer.send(.get, "/device-discoveries/\(search)/devices").value["Items"]?.elements
    return (search, try #require(list?.first?["AuthenticationMaterial"]?.text))
  }

  private func thing(_ customer: Customer, _ association: String) async throws -> String {
    let (search, material) = try await found(customer, association)
    let made = try await customer.send(
      .post, "/managed-things",
      .members([
        "Role": "DEVICE".json, "AuthenticationMaterialType": "DISCOVERED_DEVICE".json,
        "AuthenticationMaterial": material.json,
      ]))
    let id = try #require(made.value["Id"]?.text, "\(made.text)")
    let registered = try await customer.send(
      .put, "/managed-thing-associations/register",
      .members(["ManagedThingId": id.json, "AccountAssociationId": association.json, "DeviceDiscoveryId": search.json]))
    try #require(registered.status == .created, "\(registered.text)")
    return id
  }

  @Test("discovery, a managed thing, its account, a command in Matter's numbers, its result, and away again")
  func wholeWay() async throws {
    try await Customer.run { customer in
      let id = try await customer.link()
      await customer.third.setConnectorAnswers([(200, ThirdParty.done)])
      let thing = try await thing(customer, id)
      #expect(
        try await customer.send(.get, "/managed-things/\(thing)").value["ProvisioningStatus"]?.text == "ACTIVATED")
      let sent = try await customer.send(.post, "/managed-things-command/\(thing)", command(id))
      #expect(sent.status == .accepted)
      let trace = try #require(sent.value["TraceId"]?.text)
      try await customer.eventually("the connector was asked") {
        await customer.third.envelopes.last?["payload"]?["traceId"]?.text == trace
      }
      let payload = await customer.third.envelopes.last?["payload"]
      #expect(payload?["operationName"]?.text == "AWS.SendCommand")
      #expect(payload?["connectorDeviceId"]?.text == "device-1")
      let cluster = payload?["endpoints"]?.elements?.first?["clusters"]?.elements?.first
      #expect(cluster?["id"]?.text == "0x0003")
      #expect(cluster?["commands"] == .members(["0x00": .members(["0x0000": .number(7)])]))

      let response: [String: JSONValue?] = [
        "UserId": "user-1".json, "Operation": "DEVICE_COMMAND_RESPONSE".json, "StatusCode": .number(200),
        "Message": "Done".json, "TraceId": trace.json,
        "MatterEndpoint": .members([
          "id": "1".json,
          "clusters": .array([.members(["id": "0x0003".json, "commands": .members(["0x00": .object([:])])])]),
        ]),
      ]
      for _ in 0..<2 { #expect(try await customer.event(response).status == .accepted) }
      let told = try await customer.seen().notifications.filter { $0.messageType == "DEVICE_COMMAND" }
      #expect(told.count == 1 && told[0].payload["traceId"]?.text == trace)
      let change = try await customer.event([
        "UserId": "user-1".json, "Operation": "DEVICE_EVENT".json, "ConnectorDeviceId": "device-1".json,
        "MatterEndpoint": .members(["id": "1".json]),
      ])
      #expect(change.status == .accepted)

      // What is in use is not deleted.
      #expect(try await customer.send(.delete, "/account-associations/\(id)").errorType == "ValidationException")
      #expect(try await customer.send(.delete, "/managed-things/\(thing)").status == .conflict)
      let names = JSONValue.members(["ManagedThingId": thing.json, "AccountAssociationId": id.json])
      #expect(try await customer.send(.put, "/managed-thing-associations/deregister", names).status == .ok)
      #expect(try await customer.send(.put, "/managed-thing-associations/deregister", names).status == .notFound)
      #expect(try await customer.send(.delete, "/managed-things/\(thing)").status == .noContent)
      #expect(try await customer.send(.delete, "/account-associations/\(id)").status == .ok)
    }
  }

  @Test("a connector that refuses a command: the customer is told, with the trace")
  func refusedCommand() async throws {
    try await Customer.run { customer in
      let id = try await customer.link()
      await customer.third.setConnectorAnswers([(200, ThirdParty.done)])
      let thing = try await thing(customer, id)
      let refusal = #"{"header":{"responseCode":403},"payload":{"responseMessage":"not allowed"}}"#
      await customer.third.setConnectorAnswers([(200, refusal)])
      let trace = try #require(
        try await customer.send(.post, "/managed-things-command/\(thing)", command(id)).value["TraceId"]?.text)
      try await customer.eventually("told") {
        try await customer.seen().notifications.contains { $0.messageType == "DEVICE_COMMAND" }
      }
      let seen = try await customer.seen().notifications
      let report = try #require(seen.first { $0.messageType == "CONNECTOR_ERROR_REPORT" })
      #expect(report.payload["traceId"]?.text == trace && report.payload["managedThingId"]?.text == thing)
      #expect(report.payload["connectorDeviceId"]?.text == "device-1")
      let late = try await customer.event([
        "UserId": "user-1".json, "Operation": "DEVICE_COMMAND_RESPONSE".json, "TraceId": trace.json,
      ])
      #expect(late.status == .accepted)
      #expect(try await customer.seen().notifications.filter { $0.messageType == "DEVICE_COMMAND" }.count == 1)
    }
  }

  @Test("events of nobody, of another search, of another command, or out of their limits are refused")
  func events() async throws {
    try await Customer.run { customer in
      let id = try await customer.link()
      await customer.third.setConnectorAnswers([(200, ThirdParty.done)])
      _ = try await thing(customer, id)
      let user: [String: JSONValue?] = ["UserId": "user-1".json]
      func refused(_ members: [String: JSONValue?], _ type: String = "ValidationException") async throws -> Bool {
        let answer = try await customer.event(user.merging(members) { $1 })
        return answer.errorType == type && answer.value["Message"]?.text?.isEmpty == false
      }
      #expect(try await refused([:]))
      #expect(try await refused(["Operation": "ORDER".json]))
      #expect(try await refused(["Operation": "DEVICE_DISCOVERY".json]))
      #expect(try await refused(["Operation": "DEVICE_EVENT".json]))
      #expect(try await refused(["Operation": "DEVICE_COMMAND_RESPONSE".json]))
      let nobody: [String: JSONValue?] = ["Operation": "DEVICE_EVENT".json, "UserId": "user-2".json]
      #expect(try await refused(nobody, "ResourceNotFoundException"))
      #expect(
        try await refused(
          ["Operation": "DEVICE_COMMAND_RESPONSE".json, "TraceId": "x".json], "ResourceNotFoundException"))
      #expect(
        try await refused(
          ["Operation": "DEVICE_DISCOVERY".json, "DeviceDiscoveryId": "x".json], "ResourceNotFoundException"))
      let limits: [(String, JSONValue)] = [
        ("UserId", "auth0|1".json), ("StatusCode", .number(99)), ("StatusCode", .number(551)),
        ("StatusCode", .number(200.5)), ("StatusCode", "200".json), ("Message", "a: b".json),
        ("Message", String(repeating: "m", count: 257).json), ("OperationVersion", "1.0.0.0".json),
        ("OperationVersion", "v1".json), ("DeviceDiscoveryId", "a-b".json), ("ConnectorDeviceId", "a b".json),
        ("ConnectorDeviceId", String(repeating: "d", count: 257).json), ("TraceId", "a/b".json),
        ("TraceId", String(repeating: "t", count: 129).json), ("Devices", "none".json),
        ("Devices", .array([.members(["ConnectorDeviceId": "d".json])])),
        ("MatterEndpoint", .members(["clusters": .array([])])),
        ("MatterEndpoint", .members(["clusters": .array([.members(["id": "Identify".json])])])),
        ("MatterEndpoint", .members(["clusters": .array([.members(["commands": .object([:])])])])),
      ]
      for (name, value) in limits {
        var members: [String: JSONValue?] = ["Operation": "DEVICE_DISCOVERY".json, "DeviceDiscoveryId": "x".json]
        if name == "Devices", value.elements != nil { members["DeviceDiscoveryId"] = try await open(customer, id).json }
        members[name] = value
        #expect(try await refused(members), "\(name) \(value)")
      }
      // Reports are looked at closely.
      let reports: [JSONValue] = [
        .members(["version": "2.0".json, "endpoints": .array([])]), .members(["version": "1.0.0".json]),
        report(endpoint: ["id": "E 1".json]), report(endpoint: ["deviceTypes": nil]),
        report(cluster: ["id": "Identify".json]), report(cluster: ["revision": nil]),
        report(cluster: ["revision": .number(11)]), report(cluster: ["commands": .array(["Identify".json])]),
        report(cluster: ["attributes": .array([.members(["id": "x".json])])]),
      ]
      for report in reports {
        let device = JSONValue.members(["ConnectorDeviceId": "d".json, "CapabilityReport": report])
        let members: [String: JSONValue?] = [
          "Operation": "DEVICE_DISCOVERY".json, "DeviceDiscoveryId": try await open(customer, id).json,
          "Devices": .array([device]),
        ]
        #expect(try await refused(members), "\(report)")
      }
    }
  }

  private func open(_ customer: Customer, _ association: String) async throws -> String {
    let answer = try await customer.send(
      .post, "/device-discoveries",
      .members(["DiscoveryType": "CLOUD".json, "AccountAssociationId": association.json]))
    return try #require(answer.value["Id"]?.text)
  }

  private func report(
    endpoint: [String: JSONValue?] = [:], cluster: [String: JSONValue?] = [:]
  ) -> JSONValue {
    let good: [String: JSONValue?] = ["id": "0x0003".json, "revision": .number(4)]
    let place: [String: JSONValue?] = [
      "id": "1".json, "deviceTypes": .array([]),
      "clusters": .array([.members(good.merging(cluster) { $1 })]),
    ]
    return .members(["version": "1.0.0".json, "endpoints": .array([.members(place.merging(endpoint) { $1 })])])
  }

  @Test("a search that nobody answers is over after ten minutes")
  func timedOut() async throws {
    try await Customer.run { customer in
      let id = try await customer.link()
      await customer.third.setConnectorAnswers([(200, ThirdParty.done)])
      let search = try await open(customer, id)
      customer.fixture.wait(Unverified.discoverySeconds)
      #expect(try await customer.send(.get, "/device-discoveries/\(search)").value["Status"]?.text == "TIMED_OUT")
      #expect(try await customer.send(.get, "/device-discoveries/nothing").status == .notFound)
    }
  }

  @Test("an unknown capability, action or account is refused before the connector is asked")
  func commands() async throws {
    try await Customer.run { customer in
      let id = try await customer.link()
      await customer.third.setConnectorAnswers([(200, ThirdParty.done)])
      let thing = try await thing(customer, id)
      let count = await customer.third.envelopes.count
      for body in [
        command(id, capability: "Replenish"), command(id, action: "Order"), command("another"),
        .members(["Endpoints": .array([])]), .object([:]),
      ] {
        let answer = try await customer.send(.post, "/managed-things-command/\(thing)", body)
        #expect(answer.status == .badRequest && answer.errorType == "ValidationException")
      }
      #expect(try await customer.send(.post, "/managed-things-command/none", command(id)).status == .notFound)
      #expect(await customer.third.envelopes.count == count)
    }
  }
}
