/// An ATT server for one connection, over anything that carries packets whole and in order.
///
/// Answers every request of the Attribute Protocol that GATT asks of a server without optional features; a request it
/// does not know is answered with *request not supported*, a command it does not know is passed over.
struct ATTServer {
  /// What a packet led to.
  indirect enum Event: Equatable {
    /// Send a packet to the client.
    case transmit([UInt8])
    /// The client wrote a value, whole.
    case wrote(UInt16, [UInt8])
    /// The client turned the indications of a characteristic (the handle is its value's) on or off.
    case configured(UInt16, isIndicating: Bool)
    /// The client confirmed an indication.
    case confirmed
  }

  /// The attributes.
  let database: GATTDatabase
  /// If set, writes of values (not of client configurations) are refused with it.
  var writeRefusal: ATTError?
  /// The MTU in force.
  private(set) var mtu = ATT.minimumMTU
  /// The longest value that one indication carries: what the MTU leaves, and no more than an attribute can hold.
  var frameLength: Int { min(mtu - ATT.headerLength, ATT.maximumValue) }
  /// Whether an indication has been sent and not been confirmed.
  private(set) var isAwaitingConfirmation = false
  private var hasExchangedMTU = false
  private var prepared: [PreparedWrite] = []
  private var preparedBytes = 0

  /// A part of a long write, kept until the client executes or cancels it.
  private final class PreparedWrite {
    let handle: UInt16
    let offset: UInt16
    let part: [UInt8]

    init(handle: UInt16, offset: UInt16, part: [UInt8]) {
      self.handle = handle
      self.offset = offset
      self.part = part
    }
  }

  /// The most parts of long writes that are kept; a value of 512 bytes takes 29 at the smallest MTU.
  private static let maximumPrepared = 32

  init(database: GATTDatabase) { self.database = database }

  /// Takes a packet from the client.
  mutating func receive(_ packet: [UInt8]) -> [Event] {
    guard let code = packet.first else { return [] }
    do throws(Failure) {
      guard packet.count <= mtu else { throw Failure(.invalidPDU) }
      return try answer(packet)
    } catch {
      guard ATT.isRequest(code) else { return [] }
      return [
        .transmit([ATT.Opcode.errorResponse.rawValue, code] + LittleEndian.bytes(error.handle) + [error.code.rawValue])
      ]
    }
  }

  /// Whether the client has asked for indications of the value with this handle.
  func isIndicating(_ handle: UInt16) -> Bool {
    guard let configuration = database[handle &+ 1], configuration.type == .clientCharacteristicConfiguration else {
      return false
    }
    return configuration.value.first == 2
  }

  /// Whether an indication of this value can be sent now.
  func canIndicate(_ handle: UInt16) -> Bool { isIndicating(handle) && !isAwaitingConfirmation }

  /// The packet that indicates a value; nil unless ``canIndicate(_:)``, or if the value is longer than ``frameLength``.
  mutating func indicate(_ handle: UInt16, _ value: [UInt8]) -> [UInt8]? {
    guard canIndicate(handle), value.count <= frameLength else { return nil }
    isAwaitingConfirmation = true
    return [ATT.Opcode.handleValueIndication.rawValue] + LittleEndian.bytes(handle) + value
  }

  /// An error and the handle it is about; 0 where it is about none.
  struct Failure: Error {
    let code: ATTError
    let handle: UInt16
    init(_ code: ATTError, _ handle: UInt16 = 0) {
      self.code = code
      self.handle = handle
    }
  }

  private mutating func answer(_ packet: [UInt8]) throws(Failure) -> [Event] {
    var reader = WireReader(packet, from: 1)
    switch ATT.Opcode(rawValue: packet[0]) {
    case .exchangeMTURequest: return [.transmit(try exchangeMTU(&reader))]
    case .findInformationRequest: return [.transmit(try findInformation(&reader))]
    case .findByTypeValueRequest: return [.transmit(try findByTypeValue(&reader))]
    case .readByTypeRequest: return [.transmit(try readByType(&reader))]
    case .readByGroupTypeRequest: return [.transmit(try readByGroupType(&reader))]
    case .readRequest: return [.transmit(try read(&reader, isBlob: false))]
    case .readBlobRequest: return [.transmit(try read(&reader, isBlob: true))]
    case .writeRequest:
      let handle = try ATTServer.need(reader.littleEndian16())
      let written = try write(reader.rest(), to: handle)
      return [.transmit([ATT.Opcode.writeResponse.rawValue])] + written
    case .writeCommand:
      guard let handle = reader.littleEndian16(), let attribute = database[handle],
        attribute.permissions.contains(.writeWithoutResponse), writeRefusal == nil
      else { return [] }
      return [.wrote(handle, reader.rest())]
    case .prepareWriteRequest: return [.transmit(try prepareWrite(packet, &reader))]
    case .executeWriteRequest: return try executeWrite(&reader)
    case .handleValueConfirmation:
      guard reader.isAtEnd, isAwaitingConfirmation else { return [] }
      isAwaitingConfirmation = false
      return [.confirmed]
    case .handleValueIndication:
      // A client is a server too; nothing of it is wanted here, but an indication must be confirmed.
      return [.transmit([ATT.Opcode.handleValueConfirmation.rawValue])]
    default: throw Failure(.requestNotSupported)
    }
  }

  /// The value, or *invalid PDU* for a packet that is too short for it.
  static func need<Value>(_ value: Value?) throws(Failure) -> Value {
    guard let value else { throw Failure(.invalidPDU) }
    return value
  }

  private mutating func exchangeMTU(_ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let wanted = try ATTServer.need(reader.littleEndian16())
    guard reader.isAtEnd, wanted >= ATT.minimumMTU else { throw Failure(.invalidPDU) }
    // Once per connection (section 3.4.2.1): frames under way were cut for the MTU in force.
    guard !hasExchangedMTU else { throw Failure(.requestNotSupported) }
    hasExchangedMTU = true
    mtu = min(Int(wanted), ATT.maximumMTU)
    return [ATT.Opcode.exchangeMTUResponse.rawValue] + LittleEndian.bytes(UInt16(ATT.maximumMTU))
  }

  private func read(_ reader: inout WireReader, isBlob: Bool) throws(Failure) -> [UInt8] {
    let handle = try ATTServer.need(reader.littleEndian16())
    let offset = isBlob ? Int(try ATTServer.need(reader.littleEndian16())) : 0
    guard reader.isAtEnd else { throw Failure(.invalidPDU) }
    guard let attribute = database[handle] else { throw Failure(.invalidHandle, handle) }
    guard attribute.permissions.contains(.read) else { throw Failure(.readNotPermitted, handle) }
    guard offset <= attribute.value.count else { throw Failure(.invalidOffset, handle) }
    let opcode = isBlob ? ATT.Opcode.readBlobResponse : .readResponse
    return [opcode.rawValue] + attribute.value[offset...].prefix(mtu - 1)
  }

  /// Writes a whole value; returns what came of it.
  private mutating func write(_ value: [UInt8], to handle: UInt16) throws(Failure) -> [Event] {
    guard let attribute = database[handle] else { throw Failure(.invalidHandle, handle) }
    guard attribute.permissions.contains(.write) else { throw Failure(.writeNotPermitted, handle) }
    guard value.count <= ATT.maximumValue else { throw Failure(.invalidAttributeValueLength, handle) }
    guard attribute.type == .clientCharacteristicConfiguration else {
      if let writeRefusal { throw Failure(writeRefusal, handle) }
      return [.wrote(handle, value)]
    }
    guard value.count == 2 else { throw Failure(.invalidAttributeValueLength, handle) }
    // Bit 0 asks for notifications, which there are none of, bit 1 for indications. A client that sets both means "what
    // there is"; one that asks for notifications alone would wait for ever.
    guard value[1] == 0, value[0] <= 3, value[0] != 1 else { throw Failure(.valueNotAllowed, handle) }
    let isIndicating = value[0] & 2 != 0
    database.setValue([isIndicating ? 2 : 0, 0], of: handle)
    return [.configured(handle - 1, isIndicating: isIndicating)]
  }

  private mutating func prepareWrite(_ packet: [UInt8], _ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let handle = try ATTServer.need(reader.littleEndian16())
    let offset = try ATTServer.need(reader.littleEndian16())
    let part = reader.rest()
    guard let attribute = database[handle] else { throw Failure(.invalidHandle, handle) }
    guard attribute.permissions.contains(.write) else { throw Failure(.writeNotPermitted, handle) }
    guard prepared.count < ATTServer.maximumPrepared, preparedBytes + part.count <= ATT.maximumValue else {
      throw Failure(.prepareQueueFull, handle)
    }
    prepared.append(PreparedWrite(handle: handle, offset: offset, part: part))
    preparedBytes += part.count
    return [ATT.Opcode.prepareWriteResponse.rawValue] + packet[1...]
  }

  private mutating func executeWrite(_ reader: inout WireReader) throws(Failure) -> [Event] {
    let flags = try ATTServer.need(reader.byte())
    guard reader.isAtEnd, flags <= 1 else { throw Failure(.invalidPDU) }
    let parts = prepared
    prepared = []
    preparedBytes = 0
    let response = Event.transmit([ATT.Opcode.executeWriteResponse.rawValue])
    guard flags == 1, let handle = parts.first?.handle else { return [response] }
    var value: [UInt8] = []
    for part in parts {
      // One value at a time: the only long value is a frame, and a reliable write of several has no use here.
      guard part.handle == handle else { throw Failure(.invalidHandle, part.handle) }
      guard Int(part.offset) == value.count else { throw Failure(.invalidOffset, handle) }
      value += part.part
    }
    return [response] + (try write(value, to: handle))
  }
}
