import Foundation
import HTTPTypes
import Logging
import OAuthServer

/// Stands in for AWS IoT managed integrations, as far as account linking, discovery and commands go.
///
/// Answers are given at once; what takes time (calls of the connector, deletions) goes on behind them, as at the
/// service.
actor ManagedIntegrations {
  let configuration: ManagedIntegrationsConfiguration
  let clock: EmulatorClock
  let outgoing: ManagedOutgoing
  let logger: Logger
  /// Where the browser comes back to.
  let callback: @Sendable () -> String

  var settings: ManagedSettings
  var secrets: [SecretReference: String]
  var connectors: [String: CloudConnector] = [:]
  var destinations: [String: ConnectorDestination] = [:]
  var associations: [String: AccountAssociation] = [:]
  var discoveries: [String: DeviceDiscovery] = [:]
  var things: [String: ManagedThing] = [:]
  var commands: [String: ManagedCommand] = [:]
  /// Browsers that are at an authorization server, by the `state` they bring back.
  var journeys: [String: (association: String, verifier: String)] = [:]
  var refreshes: [String: Task<TokenRefresh, Never>] = [:]
  private var background: [Int: Task<Void, Never>] = [:]
  private var lastBackground = 0
  private var answered: [String: (request: JSONValue, answer: JSONValue)] = [:]
  /// The newest ones, oldest first; at most 10 000.
  private(set) var notifications: [ManagedNotification] = []
  private(set) var invocations: [ConnectorInvocation] = []

  init(
    _ configuration: ManagedIntegrationsConfiguration, clock: EmulatorClock, faults: FaultScript, logger: Logger,
    publicAddress: @escaping @Sendable () -> String
  ) {
    self.configuration = configuration
    self.clock = clock
    self.logger = logger
    outgoing = ManagedOutgoing(faults: faults)
    settings = ManagedSettings(configuration)
    secrets = configuration.secrets
    callback = { configuration.callbackURL ?? publicAddress() + Unverified.callbackPath }
  }

  func reset() async {
    await endBackground()
    settings = ManagedSettings(configuration)
    secrets = configuration.secrets
    connectors = [:]
    destinations = [:]
    associations = [:]
    discoveries = [:]
    things = [:]
    commands = [:]
    journeys = [:]
    refreshes = [:]
    answered = [:]
    notifications = []
    invocations = []
  }

  func change(_ change: ManagedSettings) { settings.change(change) }

  func setSecret(_ text: String, of secret: SecretReference) { secrets[secret] = text }

  // MARK: Behind the answers

  /// Goes on with something after the answer.
  func inBackground(_ work: @escaping @Sendable () async -> Void) {
    lastBackground += 1
    let number = lastBackground
    background[number] = Task {
      await work()
      background[number] = nil
    }
  }

  /// Ends what goes on behind the answers, and waits for its end.
  func endBackground() async {
    for task in background.values { task.cancel() }
    for task in background.values { await task.value }
  }

  // MARK: Requests

  /// Does what a request asks for; the answer's body, or nil for none.
  func perform(
    _ operation: ManagedOperation, _ identifier: String?, query: [String: JSONValue], body: JSONValue
  ) throws -> JSONValue? {
    guard let values = body.members else { throw ManagedError.validation("The body is not a JSON object.") }
    let members = ManagedMembers(values: values)
    let token = try members.text("ClientToken", .clientToken)
    guard let token, operation.status == .created else {
      return try perform(operation, identifier ?? "", ManagedMembers(values: query), members)
    }
    // The same request once more, after an answer that was lost, has the same answer.
    let key = operation.rawValue + " " + token
    if let known = answered[key] {
      guard known.request == body else { throw ManagedError.conflict("ClientToken was used with other parameters.") }
      return known.answer
    }
    let answer = try perform(operation, identifier ?? "", ManagedMembers(values: query), members)
    answered[key] = (body, answer ?? .object([:]))
    return answer
  }

  private func perform(
    _ operation: ManagedOperation, _ id: String, _ query: ManagedMembers, _ members: ManagedMembers
  ) throws -> JSONValue? {
    switch operation {
    case .createCloudConnector: try createConnector(members)
    case .getCloudConnector: try describe(connector(id))
    case .listCloudConnectors: try listConnectors(query)
    case .deleteCloudConnector: try deleteConnector(id)
    case .createConnectorDestination: try createDestination(members)
    case .getConnectorDestination: try describe(destination(id))
    case .listConnectorDestinations: try listDestinations(query)
    case .updateConnectorDestination: try updateDestination(id, members)
    case .deleteConnectorDestination: try deleteDestination(id)
    case .createAccountAssociation: try createAssociation(members)
    case .getAccountAssociation: try describe(association(id))
    case .listAccountAssociations: try listAssociations(query)
    case .updateAccountAssociation: try updateAssociation(id, members)
    case .startAccountAssociationRefresh: try startRefresh(id)
    case .deleteAccountAssociation: try deleteAssociation(id)
    case .registerAccountAssociation: try register(members)
    case .deregisterAccountAssociation: try deregister(members)
    case .listManagedThingAccountAssociations: try listThingAssociations(query)
    case .startDeviceDiscovery: try startDiscovery(members)
    case .getDeviceDiscovery: try describe(discovery(id))
    case .listDiscoveredDevices: try listDevices(id, query)
    case .createManagedThing: try createThing(members)
    case .getManagedThing: try describe(thing(id))
    case .deleteManagedThing: try deleteThing(id, query)
    case .sendManagedThingCommand: try sendCommand(id, members)
    case .sendConnectorEvent: try takeEvent(connector: id, members)
    }
  }

  /// One page of a list; `NextToken` is where the next one begins.
  func page<Item>(
    _ items: [Item], _ query: ManagedMembers, _ describe: (Item) -> JSONValue
  ) throws -> JSONValue {
    let size = try query.whole("MaxResults", 1...1000) ?? 1000
    var first = 0
    if let token = try query.text("NextToken", .nextToken) {
      guard let place = Int(token), (0...items.count).contains(place) else {
        throw ManagedError.validation("NextToken is none of this list.")
      }
      first = place
    }
    let last = min(first + size, items.count)
    return .members([
      "Items": .array(items[first..<last].map(describe)),
      "NextToken": last < items.count ? String(last).json : nil,
    ])
  }

  // MARK: What is remembered

  func arn(_ type: String, _ id: String) -> String {
    "arn:aws:iotmanagedintegrations:\(configuration.region):\(configuration.account):\(type)/\(id)"
  }

  /// 32 letters and digits: fits every pattern of an identifier.
  static func drawID() -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    var random = SystemRandomNumberGenerator()
    return String((0..<32).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] })
  }

  func notify(_ type: String, resources: [String], _ payload: [String: JSONValue?]) {
    if notifications.count >= 10_000 { notifications.removeFirst(5000) }
    notifications.append(
      ManagedNotification(
        messageId: UUID().uuidString.lowercased(), messageType: type, customerAccountId: configuration.account,
        timestamp: clock.now, region: configuration.region, resources: resources, payload: .members(payload)))
  }

  func note(_ invocation: ConnectorInvocation) {
    if invocations.count >= 10_000 { invocations.removeFirst(5000) }
    invocations.append(invocation)
    logger.info(
      "\(invocation.operation)  \(invocation.association)  try \(invocation.attempt)  \(invocation.result)")
  }
}
