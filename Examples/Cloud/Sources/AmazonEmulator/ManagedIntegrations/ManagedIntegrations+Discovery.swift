import Foundation

extension ManagedIntegrations {
  /// A search as it is now: one that took too long is over.
  func discovery(_ id: String) throws -> DeviceDiscovery {
    try Self.check(id, .discovery, "Identifier")
    guard var found = discoveries[id] else { throw ManagedError.notFound("device discovery", id) }
    if found.status == .running, found.startedAt + Unverified.discoverySeconds <= clock.now {
      found.status = .timedOut
      found.finishedAt = clock.now
      discoveries[id] = found
    }
    return found
  }

  func startDiscovery(_ members: ManagedMembers) throws -> JSONValue {
    let types = ["ZWAVE", "ZIGBEE", "CLOUD", "CUSTOM", "CONTROLLER_CAPABILITY_REDISCOVERY"]
    guard let type = try members.word("DiscoveryType", types) else { throw members.missing("DiscoveryType") }
    guard type == "CLOUD" else { throw ManagedError.validation("This stand-in knows the DiscoveryType CLOUD only.") }
    let named = try members.text("AccountAssociationId", .association)
    // The name of the same member until June 2025.
    let older = try members.text("ConnectorAssociationIdentifier", .association)
    guard let id = named ?? older else { throw members.missing("AccountAssociationId") }
    let association = try association(id)
    guard association.state == .succeeded else {
      throw ManagedError.conflict("The account association is \(association.state.rawValue).")
    }
    let discovery = DeviceDiscovery(id: Self.drawID(), association: id, startedAt: clock.now)
    discoveries[discovery.id] = discovery
    report(discovery)
    inBackground { [self] in await search(discovery) }
    return .members(["Id": discovery.id.json, "StartedAt": .moment(discovery.startedAt)])
  }

  private func search(_ discovery: DeviceDiscovery) async {
    let further = Unverified.discoverDevices(discovery: discovery.id)
    guard await ask(.discoverDevices, discovery.association, further) == nil else {
      return finish(discovery.id, .failed)
    }
  }

  /// Calls a connector with an access token that is alive; what is wrong is reported, and returned.
  func ask(
    _ operation: ConnectorOperation, _ id: String, _ further: [String: JSONValue], device: String? = nil,
    trace: String? = nil, thing: String? = nil
  ) async -> String? {
    if associations[id]?.material == nil {
      switch await freshen(id) {
      case .refreshed: break
      case .ended: return "The refresh token expired"
      case .failed(let text): return text
      }
    }
    guard let authorization = authorization(of: id) else { return "There is nothing to authorize with" }
    let result = await invoke(operation, id, authorization, further, device: device, trace: trace, thing: thing)
    if case .failure(let failure) = result { return failure.text }
    return nil
  }

  func finish(_ id: String, _ status: DeviceDiscovery.Status, _ devices: [DeviceDiscovery.Device] = []) {
    guard var discovery = discoveries[id], discovery.status == .running else { return }
    discovery.status = status
    discovery.finishedAt = clock.now
    discovery.devices = devices
    discoveries[id] = discovery
    report(discovery)
  }

  private func report(_ discovery: DeviceDiscovery) {
    let arn = arn("device-discovery", discovery.id)
    notify(
      "DEVICE_DISCOVERY_STATUS", resources: [arn],
      ["deviceDiscoveryId": discovery.id.json, "status": discovery.status.rawValue.json])
  }

  func describe(_ discovery: DeviceDiscovery) -> JSONValue {
    .members([
      "Id": discovery.id.json, "Arn": arn("device-discovery", discovery.id).json, "DiscoveryType": "CLOUD".json,
      "Status": discovery.status.rawValue.json, "StartedAt": .moment(discovery.startedAt),
      "FinishedAt": discovery.finishedAt.map(JSONValue.moment), "AccountAssociationId": discovery.association.json,
    ])
  }

  func listDevices(_ id: String, _ query: ManagedMembers) throws -> JSONValue {
    let discovery = try discovery(id)
    return try page(discovery.devices, query) { device in
      let thing = things.values.first { $0.device.id == device.id && $0.discoveredBy == discovery.association }
      let types = (device.report["endpoints"]?.elements ?? []).flatMap { $0["deviceTypes"]?.elements ?? [] }
      return .members([
        "ConnectorDeviceId": device.id.json, "ConnectorDeviceName": device.name?.json, "DeviceTypes": .array(types),
        "ManagedThingId": thing?.id.json, "Modification": (thing == nil ? "DISCOVERED" : "NO_CHANGE").json,
        "DiscoveredAt": .moment(device.discoveredAt), "AuthenticationMaterial": device.material.json,
      ])
    }
  }
}
