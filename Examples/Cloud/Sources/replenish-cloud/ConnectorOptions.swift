import AWSRequests
import ArgumentParser
import BoundedHTTP
import Foundation
import ReplenishCloud

/// The connector for AWS IoT managed integrations.
struct ConnectorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The port where the connector takes calls, at /connector: from the Lambda function replenish-connector, or from \
      the stand-in; 0 lets the system choose one. Without it: no connector.
      """, valueName: "port"))
  var connectorPort: Int?

  @Option(help: ArgumentHelp("The address to listen on for the connector.", valueName: "address"))
  var connectorHost = "127.0.0.1"

  @Option(
    help: ArgumentHelp(
      "Certificate chain for the connector. Without it: plain http, on this machine only.", valueName: "pem file"))
  var connectorCertificate: String?

  @Option(help: ArgumentHelp("The key of --connector-certificate.", valueName: "pem file"))
  var connectorPrivateKey: String?

  @Option(
    help: ArgumentHelp(
      "The client that managed integrations is here; see replenish-cloud client. Tokens of others are refused.",
      valueName: "client id"))
  var connectorClient: String?

  @Option(
    name: .customLong("connector-id"),
    help: ArgumentHelp(
      "The connector's number at managed integrations. Without it: the one in each call.", valueName: "id"))
  var connectorID: String?

  @Option(help: ArgumentHelp("The region of AWS that the connector is registered in.", valueName: "region"))
  var connectorRegion = "us-east-1"

  @Option(
    help: ArgumentHelp(
      "Another place for managed integrations, such as the emulator; --amazon-ca counts for it too.",
      valueName: "https://host"))
  var connectorService: String?

  @Option(
    help: ArgumentHelp(
      "The profile in the AWS files that signs events. Default: AWS credentials as everywhere.", valueName: "name"))
  var connectorProfile: String?

  func validate() throws {
    guard (connectorCertificate == nil) == (connectorPrivateKey == nil) else {
      throw ValidationError("--connector-certificate and --connector-private-key go together.")
    }
    guard (connectorPort == nil) == (connectorClient == nil) else {
      throw ValidationError("--connector-port and --connector-client go together.")
    }
    guard connectorCertificate != nil || ["127.0.0.1", "::1", "localhost"].contains(connectorHost) else {
      throw ValidationError(
        "--connector-host \(connectorHost) needs --connector-certificate: tokens do not cross a network without TLS.")
    }
    guard connectorRegion.wholeMatch(of: /[a-z0-9-]{1,32}/) != nil else {
      throw ValidationError("--connector-region \(connectorRegion) is not a region such as us-east-1.")
    }
    guard connectorID?.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil || connectorID == nil else {
      throw ValidationError("--connector-id is not 1 to 64 of A-Z a-z 0-9 _ -.")
    }
    if let connectorService {
      guard let url = URL(string: connectorService), url.scheme == "https", url.host != nil, url.path.isEmpty,
        url.query == nil, url.user == nil
      else { throw ValidationError("--connector-service \(connectorService) is not https://HOST without a path.") }
    }
  }

  /// The connector; nil for none.
  func configuration() -> ConnectorConfiguration? {
    guard let connectorClient, connectorPort != nil else { return nil }
    var configuration = ConnectorConfiguration(clientID: connectorClient, region: connectorRegion)
    configuration.connectorID = connectorID
    if let connectorService { configuration.service = connectorService }
    return configuration
  }

  /// Who signs its events.
  ///
  /// - Parameter http: Fetches credentials, where a container or an instance has them.
  func signer(_ http: any HTTPSender) -> EventSigner {
    EventSigner(
      chain: CredentialChain(AWSEnvironment(profile: connectorProfile), http: http), region: connectorRegion)
  }
}

/// Signs events with the AWS credentials that are at hand.
struct EventSigner: RequestSigner {
  let chain: CredentialChain
  let region: String

  func headers(
    method: String, target: String, headers: [(name: String, value: String)], body: Data, at date: Date
  ) async throws -> [(name: String, value: String)] {
    let request = SignatureV4.Request(method: method, target: target, headers: headers, body: body)
    return SignatureV4(
      credentials: try await chain.credentials(), region: region, service: "iotmanagedintegrations"
    ).headers(for: request, at: date)
  }
}
