import ReplenishCompanion
import ReplenishCore

/// How to get to the device.
enum DeviceWay {
  /// A socket on this machine.
  case socket(String)
  /// This machine's Bluetooth: which device, and the number of the adapter.
  case bluetooth(KernelCentral.Wanted, UInt16?)

  /// Connects; `say` is told each step.
  func connect(say: (String) -> Void) throws(LinkingFailure) -> any PacketBearer {
    switch self {
    case .socket(let path): try PacketSocket(path: path)
    case .bluetooth(let wanted, let adapter): try BluetoothLink(to: wanted, adapter: adapter, say: say)
    }
  }
}
