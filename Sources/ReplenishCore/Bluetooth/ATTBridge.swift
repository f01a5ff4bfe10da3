/// Stands in for a phone's ATT where something else talks to the phone and only values come here: asks the device's own
/// server, one request after the other.
struct ATTBridge {
  /// Whom an answer is for.
  typealias Token = UInt32

  /// What a packet from the server means.
  enum Event: Equatable {
    /// The value that was read.
    case value(Token, [UInt8])
    /// The value was written.
    case written(Token)
    /// The request was refused with this code.
    case refused(Token, UInt8)
    /// The server indicates a value.
    case indicated([UInt8])
  }

  private enum Purpose: Equatable {
    case nothing
    case read(Token)
    case part(Token)
    case write(Token)

    var token: Token? {
      switch self {
      case .nothing: nil
      case .read(let token), .part(let token), .write(let token): token
      }
    }
  }

  private var requests: [(packet: [UInt8], purpose: Purpose)] = []
  private var isAsking = false
  private var mtu: Int?

  /// Those who wait for an answer.
  var waiting: [Token] {
    var tokens: [Token] = []
    for request in requests {
      if let token = request.purpose.token, tokens.last != token { tokens.append(token) }
    }
    return tokens
  }

  /// Tells the server the MTU, once: later ones are not heard (section 3.4.2.1), and long values go in parts anyway.
  mutating func exchange(mtu: Int) {
    guard self.mtu == nil, mtu > ATT.minimumMTU else { return }
    self.mtu = min(mtu, ATT.maximumMTU)
    add(.exchangeMTURequest, LittleEndian.bytes(UInt16(min(mtu, ATT.maximumMTU))), .nothing)
  }

  /// Turns indications on or off.
  mutating func configure(isIndicating: Bool) {
    add(
      .writeRequest, LittleEndian.bytes(SetupService.Handle.indicateConfiguration) + [isIndicating ? 2 : 0, 0], .nothing
    )
  }

  mutating func read(_ token: Token, _ handle: UInt16, offset: UInt16) {
    let handle = LittleEndian.bytes(handle)
    if offset == 0 { return add(.readRequest, handle, .read(token)) }
    add(.readBlobRequest, handle + LittleEndian.bytes(offset), .read(token))
  }

  /// Writes a value; one that is longer than the MTU in parts, as a phone would.
  mutating func write(_ token: Token, _ value: [UInt8], to handle: UInt16) {
    let room = (mtu ?? ATT.minimumMTU) - ATT.headerLength
    let handle = LittleEndian.bytes(handle)
    guard value.count > room else { return add(.writeRequest, handle + value, .write(token)) }
    var offset = 0
    while offset < value.count {
      let part = value[offset..<min(offset + room - 2, value.count)]
      add(.prepareWriteRequest, handle + LittleEndian.bytes(UInt16(offset)) + part, .part(token))
      offset += part.count
    }
    add(.executeWriteRequest, [1], .write(token))
  }

  /// The next request, if none is under way.
  mutating func next() -> [UInt8]? {
    guard !isAsking, let request = requests.first else { return nil }
    isAsking = true
    return request.packet
  }

  /// Takes a packet of the server.
  mutating func receive(_ packet: [UInt8]) -> Event? {
    guard let code = packet.first else { return nil }
    if code == ATT.Opcode.handleValueIndication.rawValue { return .indicated(Array(packet.dropFirst(3))) }
    guard isAsking, let request = requests.first else { return nil }
    isAsking = false
    requests.removeFirst()
    if code == ATT.Opcode.errorResponse.rawValue {
      guard let token = request.purpose.token else { return nil }
      // The parts that were not written yet are of no use, and those that were are taken back.
      if case .part = request.purpose {
        requests.removeAll { $0.purpose.token == token }
        requests = [([ATT.Opcode.executeWriteRequest.rawValue, 0], .nothing)] + requests
      }
      return .refused(token, packet.last ?? 0)
    }
    switch request.purpose {
    case .nothing, .part: return nil
    case .read(let token): return .value(token, Array(packet.dropFirst()))
    case .write(let token): return .written(token)
    }
  }

  private mutating func add(_ opcode: ATT.Opcode, _ parameters: [UInt8], _ purpose: Purpose) {
    requests.append(([opcode.rawValue] + parameters, purpose))
  }
}
