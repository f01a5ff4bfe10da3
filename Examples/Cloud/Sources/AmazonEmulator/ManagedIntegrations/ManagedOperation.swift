import Foundation
import HTTPTypes

/// The control-plane operations of managed integrations that account linking needs, by their names in botocore's model.
enum ManagedOperation: String, CaseIterable, Sendable {
  case createCloudConnector = "CreateCloudConnector"
  case getCloudConnector = "GetCloudConnector"
  case listCloudConnectors = "ListCloudConnectors"
  case deleteCloudConnector = "DeleteCloudConnector"
  case createConnectorDestination = "CreateConnectorDestination"
  case getConnectorDestination = "GetConnectorDestination"
  case listConnectorDestinations = "ListConnectorDestinations"
  case updateConnectorDestination = "UpdateConnectorDestination"
  case deleteConnectorDestination = "DeleteConnectorDestination"
  case createAccountAssociation = "CreateAccountAssociation"
  case getAccountAssociation = "GetAccountAssociation"
  case listAccountAssociations = "ListAccountAssociations"
  case updateAccountAssociation = "UpdateAccountAssociation"
  case startAccountAssociationRefresh = "StartAccountAssociationRefresh"
  case deleteAccountAssociation = "DeleteAccountAssociation"
  case registerAccountAssociation = "RegisterAccountAssociation"
  case deregisterAccountAssociation = "DeregisterAccountAssociation"
  case listManagedThingAccountAssociations = "ListManagedThingAccountAssociations"
  case startDeviceDiscovery = "StartDeviceDiscovery"
  case getDeviceDiscovery = "GetDeviceDiscovery"
  case listDiscoveredDevices = "ListDiscoveredDevices"
  case createManagedThing = "CreateManagedThing"
  case getManagedThing = "GetManagedThing"
  case deleteManagedThing = "DeleteManagedThing"
  case sendManagedThingCommand = "SendManagedThingCommand"
  case sendConnectorEvent = "SendConnectorEvent"

  /// Method, path with `*` for the identifier, and the status of success.
  private var route: (method: HTTPRequest.Method, path: String, status: HTTPResponse.Status) {
    switch self {
    case .createCloudConnector: (.post, "cloud-connectors", .created)
    case .getCloudConnector: (.get, "cloud-connectors/*", .ok)
    case .listCloudConnectors: (.get, "cloud-connectors", .ok)
    case .deleteCloudConnector: (.delete, "cloud-connectors/*", .ok)
    case .createConnectorDestination: (.post, "connector-destinations", .created)
    case .getConnectorDestination: (.get, "connector-destinations/*", .ok)
    case .listConnectorDestinations: (.get, "connector-destinations", .ok)
    case .updateConnectorDestination: (.put, "connector-destinations/*", .noContent)
    case .deleteConnectorDestination: (.delete, "connector-destinations/*", .ok)
    case .createAccountAssociation: (.post, "account-associations", .created)
    case .getAccountAssociation: (.get, "account-associations/*", .ok)
    case .listAccountAssociations: (.get, "account-associations", .ok)
    case .updateAccountAssociation: (.put, "account-associations/*", .noContent)
    case .startAccountAssociationRefresh: (.post, "account-associations/*/refresh", .ok)
    case .deleteAccountAssociation: (.delete, "account-associations/*", .ok)
    case .registerAccountAssociation: (.put, "managed-thing-associations/register", .created)
    case .deregisterAccountAssociation: (.put, "managed-thing-associations/deregister", .ok)
    case .listManagedThingAccountAssociations: (.get, "managed-thing-associations", .ok)
    case .startDeviceDiscovery: (.post, "device-discoveries", .created)
    case .getDeviceDiscovery: (.get, "device-discoveries/*", .ok)
    case .listDiscoveredDevices: (.get, "device-discoveries/*/devices", .ok)
    case .createManagedThing: (.post, "managed-things", .created)
    case .getManagedThing: (.get, "managed-things/*", .ok)
    case .deleteManagedThing: (.delete, "managed-things/*", .noContent)
    case .sendManagedThingCommand: (.post, "managed-things-command/*", .accepted)
    case .sendConnectorEvent: (.post, "connector-event/*", .accepted)
    }
  }

  /// The status of success.
  var status: HTTPResponse.Status { route.status }

  /// What a request asks for, and about which resource.
  static func named(
    _ method: HTTPRequest.Method, _ path: String
  ) -> (operation: ManagedOperation, identifier: String?)? {
    let asked = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for operation in allCases where operation.route.method == method {
      let pattern = operation.route.path.split(separator: "/")
      guard pattern.count == asked.count,
        zip(pattern, asked).allSatisfy({ $0 == "*" ? !$1.isEmpty : $0 == $1 })
      else { continue }
      let identifier = zip(pattern, asked).first { $0.0 == "*" }.flatMap { String($0.1).removingPercentEncoding }
      return (operation, identifier)
    }
    return nil
  }
}
