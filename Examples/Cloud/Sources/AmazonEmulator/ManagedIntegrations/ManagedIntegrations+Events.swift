import Foundation

extension ManagedIntegrations {
  /// Takes what a connector sends by itself.
  func takeEvent(connector id: String, _ members: ManagedMembers) throws -> JSONValue {
    try Self.check(id, .identifier, "ConnectorId")
    guard connectors[id] != nil else { throw ManagedError.notFound("connector", id) }
    let kinds = ["DEVICE_COMMAND_RESPONSE", "DEVICE_DISCOVERY", "DEVICE_EVENT", "DEVICE_COMMAND_REQUEST"]
    guard let kind = try members.word("Operation", kinds) else { throw members.missing("Operation") }
    let event = ConnectorEvent(
      user: try members.text("UserId", .userID), version: try members.text("OperationVersion", .operationVersion),
      status: try members.whole("StatusCode", 100...550), message: try members.text("Message", .message),
      discovery: try members.text("DeviceDiscoveryId", .discovery),
      device: try members.text("ConnectorDeviceId", .connectorDevice), trace: try members.text("TraceId", .trace),
      devices: try members.structures("Devices", 0...1000),
      endpoint: try members.structure("MatterEndpoint").map { members in
        try MatterRules.check(endpoint: members)
      })
    let users = associations.values.filter { association in
      association.userID != nil && association.state == .succeeded
        && destinations[association.destination]?.connector == id
        && (event.user == nil || association.userID == event.user)
    }
    // Who was deactivated, or never was a user, has no events.
    guard !users.isEmpty else { throw ManagedError.notFound("user of this connector", event.user ?? "") }
    let mine = Set(users.map(\.id))
    switch kind {
    case "DEVICE_DISCOVERY": try takeDiscovery(event, mine, members)
    case "DEVICE_COMMAND_RESPONSE": try takeResponse(event, mine, members)
    default: try takeChange(event, mine, members)
    }
    return .members(["ConnectorId": id.json])
  }

  private struct ConnectorEvent {
    var user: String?
    var version: String?
    var status: Int?
    var message: String?
    var discovery: String?
    var device: String?
    var trace: String?
    var devices: [ManagedMembers]?
    var endpoint: JSONValue?
  }

  private func takeDiscovery(
    _ event: ConnectorEvent, _ mine: Set<String>, _ members: ManagedMembers
  ) throws {
    guard let id = event.discovery else { throw members.missing("DeviceDiscoveryId") }
    let discovery = try discovery(id)
    guard mine.contains(discovery.association) else { throw ManagedError.notFound("device discovery", id) }
    guard (200..<300).contains(event.status ?? 200) else { return finish(id, .failed) }
    guard let devices = event.devices else { throw members.missing("Devices") }
    var found: [DeviceDiscovery.Device] = []
    for device in devices {
      guard let report = try device.structure("CapabilityReport") else { throw device.missing("CapabilityReport") }
      found.append(
        DeviceDiscovery.Device(
          id: try device.need("ConnectorDeviceId", .connectorDevice),
          name: try device.text("ConnectorDeviceName", .deviceName), report: try MatterRules.check(report: report),
          discoveredAt: clock.now, material: Self.drawID()))
    }
    finish(id, .succeeded, found)
  }

  private func takeResponse(
    _ event: ConnectorEvent, _ mine: Set<String>, _ members: ManagedMembers
  ) throws {
    guard let trace = event.trace else { throw members.missing("TraceId") }
    guard let command = commands[trace], mine.contains(command.association) else {
      throw ManagedError.notFound("command", trace)
    }
    answer(trace, event.status ?? 200, event.message, event.endpoint)
  }

  private func takeChange(
    _ event: ConnectorEvent, _ mine: Set<String>, _ members: ManagedMembers
  ) throws {
    guard let device = event.device else { throw members.missing("ConnectorDeviceId") }
    guard let endpoint = event.endpoint else { throw members.missing("MatterEndpoint") }
    let thing = things.values.first { thing in
      thing.device.id == device && thing.association.map { mine.contains($0) } == true
    }
    guard let thing else { throw ManagedError.notFound("managed thing of this device", device) }
    notify(
      "DEVICE_EVENT", resources: [arn("managed-thing", thing.id)],
      ["managedThingId": thing.id.json, "traceId": event.trace?.json, "endpoint": endpoint])
  }
}

/// What a capability report and an endpoint of Matter's may be (botocore's model).
enum MatterRules {
  static func check(report: ManagedMembers) throws -> JSONValue {
    _ = try report.need("version", .reportVersion)
    _ = try report.text("nodeId", .nodeID)
    guard let endpoints = try report.structures("endpoints", 0...50) else { throw report.missing("endpoints") }
    for endpoint in endpoints {
      _ = try endpoint.need("id", .endpointID)
      guard try endpoint.texts("deviceTypes", 0...50, .deviceType) != nil else { throw endpoint.missing("deviceTypes") }
      guard let clusters = try endpoint.structures("clusters", 0...50) else { throw endpoint.missing("clusters") }
      _ = try endpoint.texts("parts", 0...32, .endpointID)
      _ = try endpoint.texts("clientClusters", 0...32, .matterID)
      for cluster in clusters { try check(cluster: cluster) }
    }
    return .object(report.values)
  }

  private static func check(cluster: ManagedMembers) throws {
    _ = try cluster.need("id", .matterID)
    guard try cluster.whole("revision", 1...10) != nil else { throw cluster.missing("revision") }
    _ = try cluster.text("publicId", .schemaID)
    _ = try cluster.text("name", .capabilityName)
    _ = try cluster.whole("featureMap", 0...4_294_967_295)
    for attribute in try cluster.structures("attributes", 0...100) ?? [] {
      _ = try attribute.text("id", .matterID)
      _ = try attribute.text("name", .capabilityName)
    }
    _ = try cluster.texts("commands", 0...100, .matterID)
    _ = try cluster.texts("events", 0...100, .matterID)
    _ = try cluster.texts("generatedCommands", 0...50, .matterID)
  }

  static func check(endpoint: ManagedMembers) throws -> JSONValue {
    _ = try endpoint.text("id", .endpointID)
    for cluster in try endpoint.structures("clusters", 1...5) ?? [] {
      _ = try cluster.text("id", .matterID)
      _ = try cluster.structure("attributes")
      for name in ["commands", "events"] {
        guard let map = try cluster.structure(name) else { continue }
        guard (1...5).contains(map.values.count) else { throw cluster.wrong(name, "must have 1 to 5 elements") }
        for id in map.values.keys {
          if let problem = TextRule.matterID.problem(id) { throw cluster.wrong(name, problem) }
        }
      }
    }
    return .object(endpoint.values)
  }
}
