import Foundation

/// A connector as it was registered: which Lambda function it is.
struct CloudConnector: Sendable {
  var id: String
  var name: String
  var description: String?
  var lambda: String
}

/// A third party's cloud behind a connector, and how owners of accounts there allow access.
struct ConnectorDestination: Sendable {
  struct OAuth: Sendable {
    /// How the client authenticates at the token endpoint.
    enum Scheme: String, CaseIterable, Sendable {
      case basic = "HTTP_BASIC"
      case body = "REQUEST_BODY_CREDENTIALS"
    }

    var authorizationEndpoint: String
    var tokenEndpoint: String
    var scope: String?
    var scheme: Scheme
    var completeRedirect: String?
    var renewal: JSONValue?
  }

  var id: String
  var connector: String
  var name: String?
  var description: String?
  var oauth: OAuth?
  /// Where client id and secret are: pinned to one version.
  var secret: SecretReference?
  /// Further secrets by name, for connectors that authorize in a way of their own.
  var materials: [String: SecretReference] = [:]
}

/// A version of a secret at AWS Secrets Manager.
public struct SecretReference: Codable, Sendable, Hashable {
  /// The secret.
  public var arn: String
  /// Its version.
  public var versionId: String

  /// Creates a reference.
  public init(arn: String, versionId: String) {
    self.arn = arn
    self.versionId = versionId
  }

  var json: JSONValue { .members(["arn": arn.json, "versionId": versionId.json]) }
}

/// An account at the third party, linked or about to be.
struct AccountAssociation: Sendable {
  enum State: String, Sendable {
    case inProgress = "ASSOCIATION_IN_PROGRESS"
    case failed = "ASSOCIATION_FAILED"
    case succeeded = "ASSOCIATION_SUCCEEDED"
    case deleting = "ASSOCIATION_DELETING"
    case refreshTokenExpired = "REFRESH_TOKEN_EXPIRED"
  }

  struct Tokens: Sendable {
    var access: String
    var refresh: String?
    var expiresAt: Date
  }

  var id: String
  var destination: String
  var name: String?
  var description: String?
  var tags: [String: String]?
  /// The name of the material, where it is not OAuth that authorizes.
  var material: String?
  var state = State.inProgress
  var error: String?
  var authorizationURL = ""
  var tokens: Tokens?
  /// The third party's name for the person.
  var userID: String?
}

/// A search for devices.
struct DeviceDiscovery: Sendable {
  struct Device: Sendable {
    var id: String
    var name: String?
    var report: JSONValue
    var discoveredAt: Date
    /// What makes a managed thing of it.
    var material: String
  }

  enum Status: String, Sendable {
    case running = "RUNNING"
    case succeeded = "SUCCEEDED"
    case failed = "FAILED"
    case timedOut = "TIMED_OUT"
  }

  var id: String
  var association: String
  var status = Status.running
  var startedAt: Date
  var finishedAt: Date?
  var devices: [Device] = []
}

/// A device at managed integrations.
struct ManagedThing: Sendable {
  var id: String
  var name: String?
  var owner: String?
  var createdAt: Date
  var device: DeviceDiscovery.Device
  /// Where the device was found: no other association may have it.
  var discoveredBy: String
  var destination: String
  /// The account that its commands go through.
  var association: String?
}

/// A command on its way.
struct ManagedCommand: Sendable {
  var trace: String
  var thing: String
  var association: String
  var isAnswered = false
}
