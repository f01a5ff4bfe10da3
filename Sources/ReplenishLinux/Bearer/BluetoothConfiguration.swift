import ReplenishCore

/// What the product decides about Bluetooth, whichever way it goes.
public struct BluetoothConfiguration {
  /// Why a way is taken.
  public enum Reason: Equatable {
    /// The product wants it.
    case chosen
    /// Nothing was chosen, and this way is there.
    case automatic
  }

  /// The number of the adapter, 0 for hci0; nil takes the first.
  public var adapter: UInt16?
  /// What is advertised.
  public var advertisement: SetupAdvertisement
  /// Whether phones must pair first.
  public var requiresEncryption: Bool
  /// Why this way is taken.
  public var reason: Reason

  /// Makes a configuration.
  public init(
    adapter: UInt16? = nil, advertisement: SetupAdvertisement, requiresEncryption: Bool = false,
    reason: Reason = .chosen
  ) {
    self.adapter = adapter
    self.advertisement = advertisement
    self.requiresEncryption = requiresEncryption
    self.reason = reason
  }
}

/// Makes a bearer that is not open. The way through bluetoothd is handed in as one of these, since it needs a library
/// (libsystemd) that firmware without it does not link.
public typealias BluetoothBearerFactory = (EventLoop, BluetoothConfiguration) -> any Bearer
