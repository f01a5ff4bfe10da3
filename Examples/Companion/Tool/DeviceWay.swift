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

extension ShortID {
  /// The id as a label has it: six hexadecimal digits, capitals or not.
  init?(hexadecimal text: String) {
    let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue.flatMap { UInt8(exactly: $0) } }
    guard digits.count == 2 * ShortID.length else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[place], let low = digits[place + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    self.init(bytes)
  }
}
