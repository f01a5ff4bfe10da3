import Foundation

extension ManagedIntegrations {
  func thing(_ id: String) throws -> ManagedThing {
    try Self.check(id, .thing, "ManagedThingId")
    guard let found = things[id] else { throw ManagedError.notFound("managed thing", id) }
    return found
  }

  /// Only devices that a search found; hubs and their devices are not this stand-in's.
  func createThing(_ members: ManagedMembers) throws -> JSONValue {
    let types = [
      "CUSTOM_PROTOCOL_QR_BAR_CODE", "WIFI_SETUP_QR_BAR_CODE", "ZWAVE_QR_BAR_CODE", "ZIGBEE_QR_BAR_CODE",
      "DISCOVERED_DEVICE", "PRE_ONBOARDED_CLOUD",
    ]
    guard let role = try members.word("Role", ["CONTROLLER", "DEVICE"]) else { throw members.missing("Role") }
    guard let type = try members.word("AuthenticationMaterialType", types) else {
      throw members.missing("AuthenticationMaterialType")
    }
    let material = try members.need("AuthenticationMaterial", .authenticationMaterial)
    guard role == "DEVICE", type == "DISCOVERED_DEVICE" else {
      throw ManagedError.validation("This stand-in makes managed things of the type DISCOVERED_DEVICE only.")
    }
    let found = discoveries.values.lazy.compactMap { discovery in
      discovery.devices.first { $0.material == material }.map { (discovery: discovery, device: $0) }
    }.first
    guard let found, let association = associations[found.discovery.association] else {
      throw ManagedError.validation("AuthenticationMaterial is none of a discovered device.")
    }
    guard
      !things.values.contains(where: { $0.device.id == found.device.id && $0.discoveredBy == association.id })
    else { throw ManagedError.conflict("There is a managed thing for this device already.") }
    let thing = ManagedThing(
      id: Self.drawID(), name: try members.text("Name", .thingName), owner: try members.text("Owner", .userID),
      createdAt: clock.now, device: found.device, discoveredBy: association.id, destination: association.destination)
    things[thing.id] = thing
    return .members([
      "Id": thing.id.json, "Arn": arn("managed-thing", thing.id).json, "CreatedAt": .moment(thing.createdAt),
    ])
  }

  func describe(_ thing: ManagedThing) -> JSONValue {
    .members([
      "Id": thing.id.json, "Arn": arn("managed-thing", thing.id).json, "Role": "DEVICE".json,
      "Name": thing.name?.json, "Owner": thing.owner?.json,
      "ProvisioningStatus": (thing.association == nil ? "DISCOVERED" : "ACTIVATED").json,
      "ConnectorDeviceId": thing.device.id.json, "ConnectorDestinationId": thing.destination.json,
      "CreatedAt": .moment(thing.createdAt),
    ])
  }

  func deleteThing(_ id: String, _ query: ManagedMembers) throws -> JSONValue? {
    let isForced = try query.word("Force", ["true", "false"]) == "true"
    guard try thing(id).association == nil || isForced else {
      throw ManagedError.conflict("The managed thing has an account association; deregister it first.")
    }
    things[id] = nil
    return nil
  }

  // MARK: The account its commands go through

  func register(_ members: ManagedMembers) throws -> JSONValue {
    let id = try members.need("ManagedThingId", .thing)
    let associationID = try members.need("AccountAssociationId", .association)
    let discoveryID = try members.need("DeviceDiscoveryId", .discovery)
    var thing = try thing(id)
    let association = try association(associationID)
    guard association.state == .succeeded else {
      throw ManagedError.conflict("The account association is \(association.state.rawValue).")
    }
    let discovery = try discovery(discoveryID)
    guard discovery.association == associationID, discovery.devices.contains(where: { $0.id == thing.device.id }) else {
      throw ManagedError.validation("The discovery did not find this device for this account association.")
    }
    guard thing.association == nil || thing.association == associationID else {
      throw ManagedError.conflict("The managed thing has another account association.")
    }
    thing.association = associationID
    things[id] = thing
    return .members([
      "ManagedThingId": id.json, "AccountAssociationId": associationID.json, "DeviceDiscoveryId": discoveryID.json,
    ])
  }

  func deregister(_ members: ManagedMembers) throws -> JSONValue {
    let id = try members.need("ManagedThingId", .thing)
    let associationID = try members.need("AccountAssociationId", .association)
    _ = try association(associationID)
    guard try thing(id).association == associationID else {
      throw ManagedError.notFound("managed thing association", id)
    }
    things[id]?.association = nil
    return .object([:])
  }

  func listThingAssociations(_ query: ManagedMembers) throws -> JSONValue {
    let id = try query.text("ManagedThingId", .thing)
    let association = try query.text("AccountAssociationId", .association)
    let found = things.values.filter {
      $0.association != nil && (id == nil || $0.id == id) && (association == nil || $0.association == association)
    }
    return try page(found.sorted { $0.id < $1.id }, query) { thing in
      .members([
        "ManagedThingId": thing.id.json, "AccountAssociationId": thing.association?.json,
        "ManagedThingAssociationStatus": "ASSOCIATED".json,
      ])
    }
  }

  // MARK: Commands

  func sendCommand(_ id: String, _ members: ManagedMembers) throws -> JSONValue {
    let thing = try thing(id)
    guard let endpoints = try members.structures("Endpoints", 1...5) else { throw members.missing("Endpoints") }
    var sent: [JSONValue] = []
    for endpoint in endpoints { sent.append(try Self.endpoint(endpoint)) }
    let named = try members.text("AccountAssociationId", .association)
    let older = try members.text("ConnectorAssociationId", .association)
    guard let associationID = named ?? older ?? thing.association, associationID == thing.association else {
      throw ManagedError.validation("The managed thing is not registered with this account association.")
    }
    let association = try association(associationID)
    guard association.state == .succeeded else {
      throw ManagedError.validation("The account association is \(association.state.rawValue).")
    }
    let trace = Self.drawID()
    commands[trace] = ManagedCommand(trace: trace, thing: id, association: associationID)
    inBackground { [self, sent] in await carry(trace, thing, associationID, sent) }
    return .members(["TraceId": trace.json])
  }

  private func carry(_ trace: String, _ thing: ManagedThing, _ association: String, _ endpoints: [JSONValue]) async {
    let further = Unverified.sendCommand(device: thing.device.id, trace: trace, endpoints: endpoints)
    let problem = await ask(
      .sendCommand, association, further, device: thing.device.id, trace: trace, thing: thing.id)
    if let problem { answer(trace, 500, Self.sanitised(problem), nil) }
  }

  /// What became of a command, for the customer; the first word about it counts.
  func answer(_ trace: String, _ status: Int, _ message: String?, _ endpoint: JSONValue?) {
    guard var command = commands[trace], !command.isAnswered else { return }
    command.isAnswered = true
    commands[trace] = command
    notify(
      "DEVICE_COMMAND", resources: [arn("managed-thing", command.thing)],
      [
        "traceId": trace.json, "managedThingId": command.thing.json, "statusCode": .number(Double(status)),
        "message": message?.json, "endpoint": endpoint,
      ])
  }

  /// One endpoint of a customer's command, as the connector gets it.
  private static func endpoint(_ endpoint: ManagedMembers) throws -> JSONValue {
    let id = try endpoint.need("endpointId", .endpointID)
    guard let capabilities = try endpoint.structures("capabilities", 1...5) else {
      throw endpoint.missing("capabilities")
    }
    var found: [(name: String, actions: [(name: String, parameters: JSONValue?)])] = []
    for capability in capabilities {
      _ = try capability.need("id", .schemaID)
      _ = try capability.need("version", .capabilityVersion)
      let name = try capability.need("name", .capabilityName)
      guard let actions = try capability.structures("actions", 1...5) else { throw capability.missing("actions") }
      var asked: [(name: String, parameters: JSONValue?)] = []
      for action in actions { asked.append((try action.need("name", .actionName), action.values["parameters"])) }
      found.append((name, asked))
    }
    guard let translated = Unverified.endpoint(id, found) else {
      throw endpoint.wrong("capabilities", "names a capability or an action that this stand-in does not know")
    }
    return translated
  }
}
