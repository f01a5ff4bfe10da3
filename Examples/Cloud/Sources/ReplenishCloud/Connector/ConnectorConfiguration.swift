import Foundation

/// The connector for AWS IoT managed integrations: who may speak to it, and where its events go.
public struct ConnectorConfiguration: Sendable {
  /// The connector's number at managed integrations; nil takes the one in each envelope.
  public var connectorID: String?
  /// The client of our authorization server that managed integrations is; tokens of other clients are refused.
  public var clientID: String
  /// What an owner must have allowed for devices to be shown.
  public var discoverScope = CloudScope.readDevices.rawValue
  /// What an owner must have allowed for a device to be asked to identify itself.
  public var identifyScope = CloudScope.identifyDevices.rawValue
  /// The service, without a final slash.
  public var service: String
  /// Seconds that a device has for a command.
  public var commandSeconds = 60.0

  /// Creates a configuration.
  ///
  /// - Parameters:
  ///   - clientID: The client that managed integrations is.
  ///   - region: The region of AWS that the connector is registered in.
  public init(clientID: String, region: String) {
    self.clientID = clientID
    service = "https://api.iotmanagedintegrations.\(region).api.aws"
  }
}

/// Signs requests to AWS (Signature Version 4, service `iotmanagedintegrations`).
public protocol RequestSigner: Sendable {
  /// The headers to be added to a request, `Authorization` and `X-Amz-Date` among them.
  ///
  /// - Parameters:
  ///   - method: In upper case.
  ///   - target: Path and query as they go out.
  ///   - headers: What is signed; `Host` is one of them.
  ///   - body: The body as it goes out.
  ///   - date: The present moment.
  /// - Throws: When there are no credentials; the description holds no secret.
  func headers(
    method: String, target: String, headers: [(name: String, value: String)], body: Data, at date: Date
  ) async throws -> [(name: String, value: String)]
}
