/// What the scope `dash:replenish` needs to know of the device: the `scope_data` of an authorize request.
public struct RegistrationScope: Equatable, Sendable {
  /// The scope of DRS.
  public static var scope: String { "dash:replenish" }

  /// The product.
  public let model: ModelID
  /// The device.
  public let serial: SerialNumber
  /// Registers a test device: orders are simulated, nothing is charged. Never in a shipped product.
  public let isTestDevice: Bool
  /// Lets a model register that Amazon has not certified. Never in a shipped product.
  public let includesNonLive: Bool

  /// Makes a scope.
  public init(model: ModelID, serial: SerialNumber, isTestDevice: Bool = false, includesNonLive: Bool = false) {
    self.model = model
    self.serial = serial
    self.isTestDevice = isTestDevice
    self.includesNonLive = includesNonLive
  }

  /// The JSON text of `scope_data`. A flag is given only if true: a production request must not hold them.
  public var scopeData: String {
    let device = JSONValue.object()
    device.set("device_model", model.text)
    device.set("serial", serial.text)
    if isTestDevice { device.set("is_test_device", true) }
    if includesNonLive { device.set("should_include_non_live", true) }
    let root = JSONValue.object()
    root.set("dash:replenish", device)
    return root.encoded().withBytes { String(decoding: $0, as: UTF8.self) }
  }
}
