import Crypto
import Foundation
import OAuthServer
import TextEncodings

extension ManagedIntegrations {
  func association(_ id: String) throws -> AccountAssociation {
    try Self.check(id, .association, "AccountAssociationId")
    guard let found = associations[id] else { throw ManagedError.notFound("account association", id) }
    return found
  }

  func createAssociation(_ members: ManagedMembers) throws -> JSONValue {
    let destinationID = try members.need("ConnectorDestinationId", .identifier)
    guard let destination = destinations[destinationID] else {
      throw ManagedError.notFound("connector destination", destinationID)
    }
    var association = AccountAssociation(
      id: Self.drawID(), destination: destinationID, name: try members.text("Name", .name),
      description: try members.text("Description", .associationDescription),
      tags: try members.map("Tags", 1...50, keys: .tagKey, values: .tagValue))
    if let material = try members.structure("GeneralAuthorization") {
      let name = try material.need("AuthMaterialName", .authMaterialName)
      guard destination.materials[name] != nil else {
        throw ManagedError.validation("There is no such authorization material.")
      }
      association.material = name
      associations[association.id] = association
      let id = association.id
      // No browser is needed: the connector says at once whose account it is.
      inBackground { [self] in await activateByMaterial(id) }
    } else {
      association.authorizationURL = try authorizationURL(of: association.id, at: destination)
      associations[association.id] = association
    }
    report(association, "Account association was created")
    return .members([
      "AccountAssociationId": association.id.json, "AssociationState": association.state.rawValue.json,
      "OAuthAuthorizationUrl": association.authorizationURL.json,
      "Arn": arn("account-association", association.id).json,
    ])
  }

  /// Begins a journey of a browser: an address with a `state` of its own and a PKCE challenge (RFC 7636, S256).
  private func authorizationURL(
    of association: String, at destination: ConnectorDestination
  ) throws -> String {
    guard let oauth = destination.oauth else {
      throw ManagedError.validation("The destination has no OAuth configuration.")
    }
    guard let client = credentials(of: destination) else {
      throw ManagedError.accessDenied("The secret of the destination, in this version, cannot be read.")
    }
    let (state, verifier) = (randomText(bytes: 24), randomText(bytes: 32))
    let challenge = base64URL(SHA256.hash(data: Data(verifier.utf8)))
    var parameters = [
      ("response_type", "code"), ("client_id", client.id), ("redirect_uri", callback()), ("state", state),
      ("code_challenge", challenge), ("code_challenge_method", "S256"),
    ]
    if let scope = oauth.scope, !scope.isEmpty { parameters.append(("scope", scope)) }
    let url = Self.adding(parameters, to: oauth.authorizationEndpoint)
    let isPlainHere = settings.allowsPlainHTTP == true && NotificationPublisher.isLocal(oauth.authorizationEndpoint)
    guard url.utf8.count <= 1024, isPlainHere || TextRule.authorizationURL.problem(url) == nil else {
      throw ManagedError.validation("The authorization address is not https, or longer than 1024 characters.")
    }
    // One journey at a time: an address that was given out before leads nowhere any more.
    journeys = journeys.filter { $0.value.association != association }
    journeys[state] = (association, verifier)
    return url
  }

  /// Adds parameters to the query of an address, and keeps its own and its fragment.
  static func adding(_ parameters: [(String, String)], to address: String) -> String {
    let added = formEncoded(parameters)
    let halves = address.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let fragment = halves.count == 2 ? "#" + halves[1] : ""
    return halves[0] + (halves[0].contains("?") ? "&" : "?") + added + fragment
  }

  /// Client id and secret of a destination.
  func credentials(of destination: ConnectorDestination) -> (id: String, secret: String)? {
    guard let reference = destination.secret, let text = secrets[reference],
      let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)),
      let id = value[Unverified.clientID]?.text, let secret = value[Unverified.clientSecret]?.text
    else { return nil }
    return (id, secret)
  }

  private func members(of association: AccountAssociation) -> [String: JSONValue?] {
    [
      "AccountAssociationId": association.id.json, "AssociationState": association.state.rawValue.json,
      "ErrorMessage": association.error?.json, "ConnectorDestinationId": association.destination.json,
      "Name": association.name?.json, "Description": association.description?.json,
      "Arn": arn("account-association", association.id).json,
    ]
  }

  func describe(_ association: AccountAssociation) -> JSONValue {
    var members = members(of: association)
    members["OAuthAuthorizationUrl"] = association.authorizationURL.json
    members["Tags"] = association.tags.map { .object($0.mapValues(\.json)) }
    members["GeneralAuthorization"] = association.material.map { .members(["AuthMaterialName": $0.json]) }
    return .members(members)
  }

  func listAssociations(_ query: ManagedMembers) throws -> JSONValue {
    let destination = try query.text("ConnectorDestinationId", .identifier)
    let found = associations.values.filter { destination == nil || $0.destination == destination }
    return try page(found.sorted { $0.id < $1.id }, query) { .members(members(of: $0)) }
  }

  func updateAssociation(_ id: String, _ members: ManagedMembers) throws -> JSONValue? {
    var changed = try association(id)
    guard changed.state != .deleting else { throw ManagedError.conflict("The account association is being deleted.") }
    changed.name = try members.text("Name", .name) ?? changed.name
    changed.description = try members.text("Description", .associationDescription) ?? changed.description
    associations[id] = changed
    return nil
  }

  /// Links the account once more. Which states allow it is not documented; here all but one in which something is going
  /// on behind the answer.
  func startRefresh(_ id: String) throws -> JSONValue {
    var association = try association(id)
    guard association.state != .deleting else {
      throw ManagedError.conflict("The account association is being deleted.")
    }
    guard association.material == nil, let destination = destinations[association.destination] else {
      throw ManagedError.conflict("The account association does not use OAuth.")
    }
    association.authorizationURL = try authorizationURL(of: id, at: destination)
    association.state = .inProgress
    association.error = nil
    associations[id] = association
    report(association, "Account association refresh was started")
    return .members(["OAuthAuthorizationUrl": association.authorizationURL.json])
  }

  /// Ends an association: the connector is told behind the answer, and only its word removes what is left.
  func deleteAssociation(_ id: String) throws -> JSONValue {
    var association = try association(id)
    guard !things.values.contains(where: { $0.association == id }) else {
      throw ManagedError.validation("Call DeregisterAccountAssociation for its managed things first.")
    }
    journeys = journeys.filter { $0.value.association != id }
    association.state = .deleting
    association.authorizationURL = ""
    associations[id] = association
    report(association, "Account association is being deleted")
    inBackground { [self] in await deactivate(id) }
    return .object([:])
  }

  /// Tells the customer where an association stands.
  func report(_ association: AccountAssociation, _ details: String, isError: Bool = false) {
    let arn = arn("account-association", association.id)
    notify(
      "ACCOUNT_ASSOCIATION", resources: [arn],
      [
        "traceId": Self.drawID().json, "logLevel": (isError ? "ERROR" : "INFO").json,
        "resourceType": "account-association".json, "resourceId": association.id.json,
        "connectorDestinationId": association.destination.json, "associationArn": arn.json,
        "state": association.state.rawValue.json, "isServiceError": .bool(false), "isCustomerError": .bool(isError),
        "details": details.json,
      ])
  }
}
