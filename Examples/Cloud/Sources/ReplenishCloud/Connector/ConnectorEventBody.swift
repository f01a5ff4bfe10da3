/// The body of SendConnectorEvent (botocore's model, `SendConnectorEventRequest`), as far as it is used.
struct ConnectorEventBody: Encodable {
  struct Device: Encodable {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var ConnectorDeviceId, ConnectorDeviceName: String
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var CapabilityReport = Report()
  }

  /// What a device can do, the same for each.
  struct Report: Encodable {
    struct Endpoint: Encodable {
      var id = Matter.endpoint
      var deviceTypes = [ConnectorPayload.deviceType]
      var clusters = [Cluster()]
    }

    /// Matter's Identify cluster.
    struct Cluster: Encodable {
      struct Attribute: Encodable {
        var id = Matter.identifyTime
        var name = "IdentifyTime"
        var value = 0
      }

      var id = Matter.identifyCluster
      var revision = Matter.identifyRevision
      var name = "Identify"
      var attributes = [Attribute()]
      var commands = [Matter.identifyCommand]
      var events: [String] = []
    }

    var version = "1.0.0"
    var nodeId = "1"
    var endpoints = [Endpoint()]
  }

  /// What happened at a device.
  struct Change: Encodable {
    struct Cluster: Encodable {
      var id = Matter.identifyCluster
      var attributes: [String: Int]?
      var commands: [String: [String: Int]]?
    }

    var id = Matter.endpoint
    var clusters: [Cluster]
  }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  var UserId, Operation, Message: String
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var OperationVersion = "1.0"
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var StatusCode = ConnectorCode.done
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var DeviceDiscoveryId, ConnectorDeviceId, TraceId: String?
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var Devices: [Device]?
  // swift-format-ignore: AlwaysUseLowerCamelCase
  var MatterEndpoint: Change?

  /// The devices of a search.
  init(found devices: [Device], for event: ConnectorEvent) {
    UserId = event.userID
    Operation = "DEVICE_DISCOVERY"
    Message = "Devices found"
    DeviceDiscoveryId = event.reference
    Devices = devices
  }

  /// What became of a command.
  init(result isDone: Bool, of event: ConnectorEvent) {
    UserId = event.userID
    Operation = "DEVICE_COMMAND_RESPONSE"
    StatusCode = isDone ? ConnectorCode.done : ConnectorCode.notDone
    Message = isDone ? "Done" : "The device did not do it in time"
    ConnectorDeviceId = event.device
    TraceId = event.reference
    MatterEndpoint = Change(clusters: [.init(commands: [Matter.identifyCommand: [:]])])
  }

  /// A device shows itself (Matter reports IdentifyTime when a command sets it).
  init(identifying event: ConnectorEvent) {
    UserId = event.userID
    Operation = "DEVICE_EVENT"
    Message = "Identifying"
    ConnectorDeviceId = event.device
    TraceId = event.reference
    MatterEndpoint = Change(clusters: [.init(attributes: [Matter.identifyTime: Int(event.seconds ?? 0)])])
  }

  /// A name in the pattern of `ConnectorDeviceName`, which a plus sign does not fit; a second device of a model has a
  /// number.
  static func name(of model: String, _ number: Int) -> String {
    let name = model.replacing("+", with: " ")
    return number == 1 ? name : "\(name) \(number)"
  }
}
