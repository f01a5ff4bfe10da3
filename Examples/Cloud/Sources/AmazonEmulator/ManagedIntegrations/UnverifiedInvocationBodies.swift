import Foundation

/// What no public source says of managed integrations, in one place. Everything here is an assumption, and the first
/// place to look at when the real service is at hand. The connector has its own file of this kind,
/// `UnverifiedConnectorBodies.swift`.
enum Unverified {
  /// Where the third party's authorization server sends the browser back to, below the emulator's address.
  static let callbackPath = "/managed-integrations/callback"

  /// The names in the secret of a destination.
  static let clientID = "clientId"
  static let clientSecret = "clientSecret"

  /// The scope is left out when a token is refreshed: RFC 6749 section 6 takes it as the one granted.
  static let refreshesWithScope = false

  /// How long a token lives whose answer does not say.
  static let tokenSeconds = 3600.0

  /// Seconds until a search for devices counts as timed out.
  static let discoverySeconds = 600.0

  /// What `error` says in the redirect when the fault is not the authorization server's.
  static let failed = "server_error"

  /// The version that a connector reads in an envelope; documents show both.
  static func version(of operation: ConnectorOperation) -> String { operation == .activateUser ? "1.0.0" : "1.0" }

  /// The members of a DiscoverDevices payload, beside those that every payload has.
  static func discoverDevices(discovery: String) -> [String: JSONValue] { ["deviceDiscoveryId": .string(discovery)] }

  /// The members of a SendCommand payload: the device, and the command as Matter has it.
  static func sendCommand(device: String, trace: String, endpoints: [JSONValue]) -> [String: JSONValue] {
    ["connectorDeviceId": .string(device), "traceId": .string(trace), "endpoints": .array(endpoints)]
  }

  /// Matter's numbers for what a customer's command calls by name (Application Cluster Specification): the cluster of a
  /// capability, and its commands and their fields.
  static let clusters: [String: (id: String, commands: [String: String], fields: [String: String])] = [
    "Identify": ("0x0003", ["Identify": "0x00", "TriggerEffect": "0x40"], ["IdentifyTime": "0x0000"]),
    "OnOff": ("0x0006", ["Off": "0x00", "On": "0x01", "Toggle": "0x02"], [:]),
  ]

  /// One endpoint of a customer's command as a connector gets it; nil when a name is none of the above.
  static func endpoint(
    _ id: String, _ capabilities: [(name: String, actions: [(name: String, parameters: JSONValue?)])]
  )
    -> JSONValue?
  {
    var found: [JSONValue] = []
    for capability in capabilities {
      guard let cluster = clusters[capability.name] else { return nil }
      var commands: [String: JSONValue] = [:]
      for action in capability.actions {
        guard let command = cluster.commands[action.name] else { return nil }
        let parameters = action.parameters?.members ?? [:]
        commands[command] = .object(
          Dictionary(parameters.map { (cluster.fields[$0] ?? $0, $1) }, uniquingKeysWith: { first, _ in first }))
      }
      found.append(.members(["id": .string(cluster.id), "commands": .object(commands)]))
    }
    return .members(["id": .string(id), "clusters": .array(found)])
  }

  /// Whether a connector's answer is final; another one, or none at all, is a try that failed. A refusal in the
  /// envelope is an answer: asking again would bring the same.
  static func isFinal(httpStatus: Int) -> Bool { httpStatus == 200 }
}

/// What a connector can be asked for.
enum ConnectorOperation: String, Sendable, CaseIterable {
  case activateUser = "AWS.ActivateUser"
  case deactivateUser = "AWS.DeactivateUser"
  case discoverDevices = "AWS.DiscoverDevices"
  case sendCommand = "AWS.SendCommand"

  /// Its name in fault scripts and in the list of invocations.
  var fault: String { "invoke." + rawValue.dropFirst(4) }
}

/// The envelope in which a connector's Lambda function is invoked.
enum InvocationEnvelope {
  /// Who allows it.
  enum Authorization: Sendable {
    case token(String)
    case material(SecretReference)

    var json: JSONValue {
      switch self {
      case .token(let token): .members(["type": "OAuth2.0".json, "token": token.json])
      case .material(let secret): .members(["type": "GeneralAuthorization".json, "secretsManager": secret.json])
      }
    }
  }

  static func request(
    _ operation: ConnectorOperation, connector: String, _ authorization: Authorization,
    _ further: [String: JSONValue] = [:]
  ) -> JSONValue {
    var payload = further
    payload["operationName"] = .string(operation.rawValue)
    payload["operationVersion"] = .string(Unverified.version(of: operation))
    payload["connectorId"] = .string(connector)
    return .members(["header": .members(["auth": authorization.json]), "payload": .object(payload)])
  }

  /// What a connector answered.
  struct Answer: Sendable, Equatable {
    var code: Int
    var message: String?
    var userID: String?

    var isSuccess: Bool { (200..<300).contains(code) }

    /// Reads an answer; nil when it is not one.
    init?(_ body: Data) {
      guard let value = try? JSONDecoder().decode(JSONValue.self, from: body),
        let code = value["header"]?["responseCode"]?.number.flatMap({ Int(exactly: $0) })
      else { return nil }
      self.code = code
      message = value["payload"]?["responseMessage"]?.text
      userID = value["payload"]?["userId"]?.text
    }
  }
}
