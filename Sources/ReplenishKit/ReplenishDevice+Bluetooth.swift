import ReplenishCore
import ReplenishLinux

extension ReplenishConfiguration.Bearer {
  /// What a phone sees, if it is Bluetooth.
  var bluetooth: ReplenishConfiguration.Bluetooth? {
    switch self {
    case .none, .socket: nil
    case .kernel(let bluetooth), .bluetoothd(let bluetooth), .automatic(let bluetooth): bluetooth
    }
  }
}

extension ReplenishDevice {
  /// Checks that what is asked for is in this program.
  static func check(
    _ bearer: ReplenishConfiguration.Bearer, _ bluetoothd: BluetoothBearerFactory?
  ) throws(ReplenishError) {
    guard case .bluetoothd = bearer, bluetoothd == nil else { return }
    throw ReplenishError(
      "the bearer is bluetoothd, and this program was built without the way through it: set ReplenishConfiguration.bluetoothd"
    )
  }

  /// Without the factory's record the setup window never opens, and there is no short id to advertise.
  static func bearer(
    _ loop: EventLoop, _ configuration: ReplenishConfiguration, _ credential: SetupCredential?
  ) -> (any Bearer)? {
    guard let credential, let bluetooth = configuration.bearer.bluetooth else { return nil }
    let advertisement = SetupAdvertisement(
      shortID: credential.shortID, name: bluetooth.name, companyID: bluetooth.companyID)
    var settings = BluetoothConfiguration(
      adapter: bluetooth.adapter, advertisement: advertisement, requiresEncryption: bluetooth.requiresEncryption)
    switch configuration.bearer {
    case .none, .socket: return nil
    case .kernel: return KernelBearer(loop: loop, configuration: settings)
    case .bluetoothd: return configuration.bluetoothd?(loop, settings)
    case .automatic:
      settings.reason = .automatic
      guard let bluetoothd = configuration.bluetoothd else {
        return KernelBearer(loop: loop, configuration: settings)
      }
      return AutomaticBearer(loop: loop, configuration: settings, bluetoothd: bluetoothd)
    }
  }
}
