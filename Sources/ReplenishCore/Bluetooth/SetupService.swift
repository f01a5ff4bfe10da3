/// The GATT service of the setup protocol. The handles are those of the built-in server; through bluetoothd they differ,
/// so a phone finds the characteristics by their UUIDs.
public enum SetupService {
  /// The service.
  public static let uuid = BluetoothUUID(0xE0B2_0001_E990_4781, 0x926D_425D_15F4_A8C0)
  /// Read: what state the device is in; see ``info(state:lastFault:)``.
  public static let info = BluetoothUUID(0xE0B2_0002_E990_4781, 0x926D_425D_15F4_A8C0)
  /// Write: frames from the phone.
  public static let write = BluetoothUUID(0xE0B2_0003_E990_4781, 0x926D_425D_15F4_A8C0)
  /// Indicate: frames to the phone.
  public static let indicate = BluetoothUUID(0xE0B2_0004_E990_4781, 0x926D_425D_15F4_A8C0)

  /// The attribute handles of the built-in server.
  public enum Handle {
    /// The value of the info characteristic.
    public static let infoValue: UInt16 = 0x0009
    /// The value of the write characteristic.
    public static let writeValue: UInt16 = 0x000B
    /// The value of the indicate characteristic.
    public static let indicateValue: UInt16 = 0x000D
    /// The client configuration of the indicate characteristic.
    public static let indicateConfiguration: UInt16 = 0x000E
  }

  /// The state that the info characteristic tells.
  public enum State: UInt8 {
    /// A phone may begin a handshake.
    case ready = 0
    /// A handshake is under way.
    case handshake = 1
    /// A phone has proved the code.
    case proved = 2
  }

  /// The value of the info characteristic, seven bytes: the layout (1), the newest and the oldest protocol version, the
  /// state, the code of the last fault (0 for none) and its seconds, big-endian.
  public static func info(state: State, lastFault: SetupFault?) -> [UInt8] {
    let newest = SetupProtocol.versions.max() ?? 0
    let oldest = SetupProtocol.versions.min() ?? 0
    let seconds = min(lastFault?.seconds ?? 0, Int(UInt16.max))
    return [1, newest, oldest, state.rawValue, lastFault?.code ?? 0] + BigEndian.bytes(seconds, count: 2)
  }

  /// The attributes of the built-in server. The Generic Attribute service is empty: they never change.
  static func database(name: String) -> GATTDatabase {
    let database = GATTDatabase()
    database.addService(.genericAccess)
    database.addCharacteristic(.deviceName, .read, value: name.shortened(to: 64).bytes)
    database.addCharacteristic(.appearance, .read, value: [0, 0])  // unknown
    database.addService(.genericAttribute)
    database.addService(uuid)
    database.addCharacteristic(info, .read)
    database.addCharacteristic(write, .write)
    database.addCharacteristic(indicate, .indicate)
    return database
  }
}
