import Foundation

/// What a customer would read in the Kinesis stream; no token or secret is in it.
public struct ManagedNotification: Codable, Sendable {
  /// The version of the envelope.
  public var version = "1.0"
  /// Random.
  public var messageId: String
  /// `ACCOUNT_ASSOCIATION`, `CONNECTOR_ERROR_REPORT`, `DEVICE_COMMAND`, `DEVICE_DISCOVERY_STATUS` or `DEVICE_EVENT`.
  public var messageType: String
  /// The service.
  public var source = "aws.iotmanagedintegrations"
  /// The account.
  public var customerAccountId: String
  /// When it happened.
  public var timestamp: Date
  /// The region.
  public var region: String
  /// The resource names it is about.
  public var resources: [String]
  /// What happened; members without a value are left out.
  public var payload: JSONValue
}

/// One try to call a connector.
public struct ConnectorInvocation: Codable, Sendable {
  /// When it began.
  public var time: Date
  /// Such as `AWS.ActivateUser`.
  public var operation: String
  /// The association it was for.
  public var association: String
  /// Counts from 1.
  public var attempt: Int
  /// The connector's `responseCode`, or why there is none.
  public var result: String
}
