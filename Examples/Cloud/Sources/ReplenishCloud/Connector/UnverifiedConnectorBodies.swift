import Foundation

// What no public source says of the bodies between managed integrations and a connector, in one place. Everything here
// is an assumption, and the first place to look at when the real service is at hand. The stand-in has its own file of
// this kind, `UnverifiedInvocationBodies.swift`.

/// The codes in `responseCode`; documents show 200 only.
enum ConnectorCode {
  static let done = 200
  static let malformed = 400
  static let unauthorized = 401
  static let forbidden = 403
  static let notFound = 404
  static let unsupported = 501
  /// In an event: the device did not do it in time.
  static let notDone = 504
}

/// The members of a payload beside the operation: where each one is, and how a command is written.
struct ConnectorPayload: Decodable {
  var operationName: String
  var operationVersion: String
  var connectorId: String
  /// Of DiscoverDevices: the number of the search.
  var deviceDiscoveryId: String?
  /// Of SendCommand: the device.
  var connectorDeviceId: String?
  /// Of SendCommand: what its result is to name.
  var traceId: String?
  /// Of SendCommand: what to do.
  var endpoints: [Endpoint]?

  struct Endpoint: Decodable {
    var id: String
    var clusters: [Cluster]
  }

  struct Cluster: Decodable {
    var id: String
    /// By number, each with its fields by number or name.
    var commands: [String: [String: Field]]
  }

  /// A field of a command; only numbers are looked at.
  enum Field: Decodable {
    case number(Double)
    case other

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      self = (try? container.decode(Double.self)).map { .number($0) } ?? .other
    }
  }

  /// The commands of a SendCommand.
  var commands: [MatterCommand] {
    (endpoints ?? []).flatMap { endpoint in
      endpoint.clusters.flatMap { cluster in
        cluster.commands.map { command, fields in
          MatterCommand(
            endpoint: endpoint.id, cluster: Matter.number(cluster.id), command: Matter.number(command),
            fields: fields.map { name, value in
              guard case .number(let number) = value else { return (name, nil) }
              return (name, number)
            })
        }
      }
    }
  }

  /// Whether a field is Identify's `IdentifyTime`.
  static func isIdentifyTime(_ field: String) -> Bool { field == "IdentifyTime" || Matter.number(field) == 0 }

  /// The device type in a report; Matter has none for an appliance of which nothing but Identify is shown.
  static let deviceType = "Appliance"
}

/// What a connector answers: a code and a message, and after ActivateUser whose account it is.
struct ConnectorAnswer: Sendable, Equatable {
  var code: Int
  var message: String
  var userID: String?

  var body: Body { Body(header: .init(responseCode: code), payload: .init(responseMessage: message, userId: userID)) }

  struct Body: Encodable {
    struct Header: Encodable { var responseCode: Int }

    struct Payload: Encodable {
      var responseMessage: String
      var userId: String?
    }

    var header: Header
    var payload: Payload
  }
}
