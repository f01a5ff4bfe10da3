/// An ATT client for one connection: one request at a time, its answer checked, indications confirmed.
struct ATTClient {
  /// What a packet from the server led to.
  enum Event: Equatable {
    /// Send a packet to the server.
    case transmit([UInt8])
    /// The answer to the request: its bytes after the opcode.
    case answered(ATT.Opcode, [UInt8])
    /// The request was refused with this code.
    case refused(UInt8)
    /// The server indicates a value.
    case indicated(UInt16, [UInt8])
    /// The server broke the rules: the connection is of no use any more.
    case broken
  }

  /// The MTU in force.
  private(set) var mtu = ATT.minimumMTU
  /// The longest value that one write carries: what the MTU leaves, and no more than an attribute can hold.
  var frameLength: Int { min(mtu - ATT.headerLength, ATT.maximumValue) }
  private let maximumMTU: Int
  private var awaited: ATT.Opcode?

  /// Begins a connection; `maximumMTU` is what this side can take, at least 23.
  init(maximumMTU: Int) { self.maximumMTU = min(max(maximumMTU, ATT.minimumMTU), ATT.maximumMTU) }

  /// Whether a request has not been answered yet; no other may be made until then.
  var isBusy: Bool { awaited != nil }

  /// Asks for the server's MTU and tells this side's.
  mutating func exchangeMTU() -> [UInt8] {
    request(.exchangeMTURequest, BluetoothUUID(UInt16(maximumMTU)).littleEndian, answer: .exchangeMTUResponse)
  }

  /// Asks where services of this UUID are.
  mutating func findService(_ uuid: BluetoothUUID) -> [UInt8] {
    let range = ATTClient.handles(1...0xFFFF)
    let type = BluetoothUUID.primaryService.littleEndian
    return request(.findByTypeValueRequest, range + type + uuid.littleEndian, answer: .findByTypeValueResponse)
  }

  /// Asks which characteristics are declared in a range.
  mutating func readCharacteristics(in range: ClosedRange<UInt16>) -> [UInt8] {
    let type = BluetoothUUID.characteristic.littleEndian
    return request(.readByTypeRequest, ATTClient.handles(range) + type, answer: .readByTypeResponse)
  }

  /// Asks of what types the attributes in a range are.
  mutating func findInformation(in range: ClosedRange<UInt16>) -> [UInt8] {
    request(.findInformationRequest, ATTClient.handles(range), answer: .findInformationResponse)
  }

  /// Reads a value, up to the MTU.
  mutating func read(_ handle: UInt16) -> [UInt8] {
    request(.readRequest, BluetoothUUID(handle).littleEndian, answer: .readResponse)
  }

  /// Writes a value of at most the MTU less three bytes.
  mutating func write(_ value: [UInt8], to handle: UInt16) -> [UInt8] {
    request(.writeRequest, BluetoothUUID(handle).littleEndian + value, answer: .writeResponse)
  }

  /// Takes a packet from the server.
  mutating func receive(_ packet: [UInt8]) -> [Event] {
    var reader = WireReader(packet)
    guard let code = reader.byte(), packet.count <= mtu else { return [.broken] }
    switch ATT.Opcode(rawValue: code) {
    case .handleValueIndication:
      guard let handle = reader.littleEndian16() else { return [.broken] }
      return [.transmit([ATT.Opcode.handleValueConfirmation.rawValue]), .indicated(handle, reader.rest())]
    case .handleValueNotification: return []
    case .errorResponse:
      guard let asked = reader.byte(), let handle = reader.littleEndian16(), let error = reader.byte(), reader.isAtEnd,
        let awaited, asked == awaited.rawValue - 1
      else { return [.broken] }
      _ = handle  // the request was ours: it is known what it was about
      self.awaited = nil
      return [.refused(error)]
    case .some(let opcode) where opcode == awaited:
      awaited = nil
      let answer = reader.rest()
      if opcode == .exchangeMTUResponse {
        var reader = WireReader(answer)
        guard let offered = reader.littleEndian16(), reader.isAtEnd, offered >= ATT.minimumMTU else { return [.broken] }
        mtu = min(Int(offered), maximumMTU)
      }
      return [.answered(opcode, answer)]
    default:
      // The server is a client too and may ask; there is nothing here for it. Anything else unasked is an error.
      guard ATT.isRequest(code) else { return code & 0x40 != 0 ? [] : [.broken] }
      return [
        .transmit([
          ATT.Opcode.errorResponse.rawValue, code, 0, 0, ATTError.requestNotSupported.rawValue,
        ])
      ]
    }
  }

  private static func handles(_ range: ClosedRange<UInt16>) -> [UInt8] {
    BluetoothUUID(range.lowerBound).littleEndian + BluetoothUUID(range.upperBound).littleEndian
  }

  private mutating func request(_ opcode: ATT.Opcode, _ parts: [UInt8], answer: ATT.Opcode) -> [UInt8] {
    awaited = answer
    return [opcode.rawValue] + parts
  }
}
