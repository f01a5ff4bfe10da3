import Foundation

extension ManagedIntegrations {
  // MARK: Connectors

  func connector(_ id: String) throws -> CloudConnector {
    try Self.check(id, .identifier, "Identifier")
    guard let found = connectors[id] else { throw ManagedError.notFound("cloud connector", id) }
    return found
  }

  static func check(_ id: String, _ rule: TextRule, _ name: String) throws {
    if let problem = rule.problem(id) { throw ManagedError.validation("\(name) \(problem).") }
  }

  func createConnector(_ members: ManagedMembers) throws -> JSONValue {
    let name = try members.need("Name", .name)
    guard let endpoint = try members.structure("EndpointConfig") else { throw members.missing("EndpointConfig") }
    guard let lambda = try endpoint.structure("lambda") else { throw endpoint.missing("lambda") }
    let function = try lambda.need("arn", .lambda)
    _ = try members.word("EndpointType", ["LAMBDA"])
    let connector = CloudConnector(
      id: Self.drawID(), name: name, description: try members.text("Description", .description), lambda: function)
    connectors[connector.id] = connector
    return .members(["Id": connector.id.json])
  }

  func describe(_ connector: CloudConnector) -> JSONValue {
    .members([
      "Id": connector.id.json, "Name": connector.name.json, "Description": connector.description?.json,
      "EndpointType": "LAMBDA".json, "Type": "UNLISTED".json,
      "EndpointConfig": .members(["lambda": .members(["arn": connector.lambda.json])]),
    ])
  }

  func listConnectors(_ query: ManagedMembers) throws -> JSONValue {
    let type = try query.word("Type", ["LISTED", "UNLISTED"])
    let lambda = try query.text("LambdaArn", .lambda)
    let found = connectors.values.filter { type != "LISTED" && (lambda == nil || $0.lambda == lambda) }
    return try page(found.sorted { $0.id < $1.id }, query, describe)
  }

  func deleteConnector(_ id: String) throws -> JSONValue {
    _ = try connector(id)
    guard !destinations.values.contains(where: { $0.connector == id }) else {
      throw ManagedError.validation("The connector still has destinations; delete them first.")
    }
    connectors[id] = nil
    return .object([:])
  }

  // MARK: Destinations

  func destination(_ id: String) throws -> ConnectorDestination {
    try Self.check(id, .identifier, "Identifier")
    guard let found = destinations[id] else { throw ManagedError.notFound("connector destination", id) }
    return found
  }

  func createDestination(_ members: ManagedMembers) throws -> JSONValue {
    let connectorID = try members.need("CloudConnectorId", .identifier)
    guard connectors[connectorID] != nil else { throw ManagedError.notFound("cloud connector", connectorID) }
    _ = try members.word("AuthType", ["OAUTH"])
    guard let auth = try members.structure("AuthConfig") else { throw members.missing("AuthConfig") }
    var destination = ConnectorDestination(
      id: Self.drawID(), connector: connectorID, name: try members.text("Name", .name),
      description: try members.text("Description", .description))
    destination.oauth = try auth.structure("oAuth").map { members in try Self.oauth(members) }
    destination.secret = try Self.secret(members)
    destination.materials = try Self.materials(auth, "GeneralAuthorization")
    guard destination.oauth != nil || !destination.materials.isEmpty else {
      throw ManagedError.validation("AuthConfig needs oAuth or GeneralAuthorization.")
    }
    guard destination.oauth == nil || destination.secret != nil else { throw members.missing("SecretsManager") }
    destinations[destination.id] = destination
    return .members(["Id": destination.id.json])
  }

  private static func oauth(_ members: ManagedMembers) throws -> ConnectorDestination.OAuth {
    let schemes = ConnectorDestination.OAuth.Scheme.allCases
    guard let word = try members.word("tokenEndpointAuthenticationScheme", schemes.map(\.rawValue)),
      let scheme = ConnectorDestination.OAuth.Scheme(rawValue: word)
    else { throw members.missing("tokenEndpointAuthenticationScheme") }
    return ConnectorDestination.OAuth(
      authorizationEndpoint: try members.need("authUrl", .endpoint),
      tokenEndpoint: try members.need("tokenUrl", .endpoint), scope: try members.text("scope", .anything),
      scheme: scheme, completeRedirect: try members.text("oAuthCompleteRedirectUrl", .anything),
      renewal: try renewal(members))
  }

  private static func renewal(_ members: ManagedMembers) throws -> JSONValue? {
    guard let renewal = try members.structure("proactiveRefreshTokenRenewal") else { return nil }
    let (enabled, days) = (try renewal.flag("enabled"), try renewal.whole("DaysBeforeRenewal", 30...36_500))
    return .members(["enabled": enabled.map(JSONValue.bool), "DaysBeforeRenewal": days.map { .number(Double($0)) }])
  }

  private static func secret(_ members: ManagedMembers) throws -> SecretReference? {
    guard let secret = try members.structure("SecretsManager") else { return nil }
    return SecretReference(
      arn: try secret.need("arn", .secretARN), versionId: try secret.need("versionId", .secretVersion))
  }

  private static func materials(
    _ members: ManagedMembers, _ name: String
  ) throws -> [String: SecretReference] {
    var found: [String: SecretReference] = [:]
    for material in try members.structures(name, 0...3) ?? [] {
      let name = try material.need("AuthMaterialName", .authMaterialName)
      guard let secret = try secret(material) else { throw material.missing("SecretsManager") }
      found[name] = secret
    }
    return found
  }

  func describe(_ destination: ConnectorDestination) -> JSONValue {
    let oauth = destination.oauth.map { oauth in
      JSONValue.members([
        "authUrl": oauth.authorizationEndpoint.json, "tokenUrl": oauth.tokenEndpoint.json, "scope": oauth.scope?.json,
        "tokenEndpointAuthenticationScheme": oauth.scheme.rawValue.json,
        "oAuthCompleteRedirectUrl": oauth.completeRedirect?.json, "proactiveRefreshTokenRenewal": oauth.renewal,
      ])
    }
    let materials = destination.materials.sorted { $0.key < $1.key }.map { name, secret in
      JSONValue.members(["AuthMaterialName": name.json, "SecretsManager": secret.json])
    }
    // What does not fit the field's own pattern is left out of the answer.
    let complete = destination.oauth?.completeRedirect.flatMap {
      TextRule.completeRedirectURL.problem($0) == nil ? $0.json : nil
    }
    return .members([
      "Id": destination.id.json, "CloudConnectorId": destination.connector.json, "Name": destination.name?.json,
      "Description": destination.description?.json, "AuthType": destination.oauth == nil ? nil : "OAUTH".json,
      "AuthConfig": .members(["oAuth": oauth, "GeneralAuthorization": materials.isEmpty ? nil : .array(materials)]),
      "SecretsManager": destination.secret?.json, "OAuthCompleteRedirectUrl": complete,
    ])
  }

  func listDestinations(_ query: ManagedMembers) throws -> JSONValue {
    let connector = try query.text("CloudConnectorId", .identifier)
    let found = destinations.values.filter { connector == nil || $0.connector == connector }
    return try page(found.sorted { $0.id < $1.id }, query) { destination in
      .members([
        "Id": destination.id.json, "CloudConnectorId": destination.connector.json, "Name": destination.name?.json,
        "Description": destination.description?.json,
      ])
    }
  }

  /// Endpoints, scope and scheme stay as they were made; the service has no member for them.
  func updateDestination(_ id: String, _ members: ManagedMembers) throws -> JSONValue? {
    var changed = try destination(id)
    changed.name = try members.text("Name", .name) ?? changed.name
    changed.description = try members.text("Description", .description) ?? changed.description
    _ = try members.word("AuthType", ["OAUTH"])
    changed.secret = try Self.secret(members) ?? changed.secret
    if let auth = try members.structure("AuthConfig") {
      if let update = try auth.structure("oAuthUpdate") {
        guard var oauth = changed.oauth else {
          throw ManagedError.validation("The destination has no OAuth configuration.")
        }
        oauth.completeRedirect = try update.text("oAuthCompleteRedirectUrl", .anything) ?? oauth.completeRedirect
        oauth.renewal = try Self.renewal(update) ?? oauth.renewal
        changed.oauth = oauth
      }
      if let update = try auth.structure("GeneralAuthorizationUpdate") {
        for (name, secret) in try Self.materials(update, "AuthMaterialsToAdd") { changed.materials[name] = secret }
        for (name, secret) in try Self.materials(update, "AuthMaterialsToUpdate") {
          guard changed.materials[name] != nil else {
            throw ManagedError.validation("There is no such authorization material.")
          }
          changed.materials[name] = secret
        }
        guard changed.materials.count <= 3 else {
          throw ManagedError.validation("A destination has three materials at most.")
        }
      }
    }
    destinations[id] = changed
    return nil
  }

  func deleteDestination(_ id: String) throws -> JSONValue {
    _ = try destination(id)
    guard !associations.values.contains(where: { $0.destination == id }) else {
      throw ManagedError.validation("The destination still has account associations; delete them first.")
    }
    destinations[id] = nil
    return .object([:])
  }
}
