import Foundation

/// The envelope in which a connector is asked for something (AWS IoT managed integrations, "Connector operations").
struct ConnectorEnvelope: Sendable {
  /// Who allows it.
  enum Authorization: Sendable {
    /// An owner, by a bearer token of our own authorization server.
    case token(String)
    /// A secret of the customer's own, which this connector has no use for.
    case general
    /// A type that is not known.
    case unknown
  }

  /// What is asked for.
  enum Operation: String, Sendable {
    case activateUser = "AWS.ActivateUser"
    case deactivateUser = "AWS.DeactivateUser"
    case discoverDevices = "AWS.DiscoverDevices"
    case sendCommand = "AWS.SendCommand"
  }

  /// The longest body, in bytes.
  static let limit = 64 * 1024

  var authorization: Authorization
  /// Nil when the operation is not known.
  var operation: Operation?
  /// Which connector, as managed integrations knows it.
  var connector: String
  var payload: ConnectorPayload

  /// Reads a body; nil when it is not an envelope, or a value is out of its limits.
  init?(_ body: Data) {
    guard body.count <= Self.limit, let members = try? JSONDecoder().decode(Members.self, from: body) else {
      return nil
    }
    payload = members.payload
    connector = payload.connectorId
    operation = Operation(rawValue: payload.operationName)
    // Documents show 1.0 and 1.0.0.
    guard Limits.identifier.allows(connector), payload.operationName.utf8.count <= 64,
      payload.operationVersion.wholeMatch(of: /1(\.[0-9]){1,2}/) != nil,
      payload.deviceDiscoveryId.map(Limits.discovery.allows) ?? true,
      payload.connectorDeviceId.map(Limits.device.allows) ?? true, payload.traceId.map(Limits.trace.allows) ?? true,
      payload.endpoints.map({ (1...5).contains($0.count) }) ?? true
    else { return nil }
    switch members.header.auth.type {
    case "OAuth2.0":
      guard let token = members.header.auth.token, Limits.token.allows(token) else { return nil }
      authorization = .token(token)
    case "GeneralAuthorization": authorization = .general
    default: authorization = .unknown
    }
  }

  private struct Members: Decodable {
    struct Header: Decodable { var auth: Auth }

    struct Auth: Decodable {
      var type: String
      var token: String?
    }

    var header: Header
    var payload: ConnectorPayload
  }

  /// Lengths and characters of texts (botocore's model of `iot-managed-integrations`).
  struct Limits: Sendable {
    let longest: Int
    /// Beside letters and digits.
    let further: String

    static let identifier = Limits(longest: 64, further: "_-")
    static let discovery = Limits(longest: 200, further: "")
    static let device = Limits(longest: 256, further: "_.,@-")
    static let trace = Limits(longest: 128, further: ":=_-")
    static let user = Limits(longest: 64, further: "_.,@-")
    /// A bearer token of ours (RFC 6750 section 2.1).
    static let token = Limits(longest: 2048, further: "-._~+/=")

    func allows(_ text: String) -> Bool {
      (1...longest).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
          default: further.utf8.contains(byte)
          }
        }
    }
  }
}
