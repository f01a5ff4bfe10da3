/// The requests by which a client finds services, characteristics and descriptors (Vol 3, Part F, sections 3.4.3–3.4.4).
extension ATTServer {
  /// Reads a range of handles, which must be in order.
  private func range(_ reader: inout WireReader) throws(Failure) -> ClosedRange<UInt16> {
    let start = try ATTServer.need(reader.littleEndian16())
    let end = try ATTServer.need(reader.littleEndian16())
    guard start >= 1, start <= end else { throw Failure(.invalidHandle, start) }
    return start...end
  }

  /// The handles in a range that have attributes.
  private func handles(in range: ClosedRange<UInt16>) -> [UInt16] {
    let end = min(range.upperBound, database.lastHandle)
    return range.lowerBound <= end ? Array(range.lowerBound...end) : []
  }

  func findInformation(_ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let asked = try range(&reader)
    guard reader.isAtEnd else { throw Failure(.invalidPDU) }
    var list: [UInt8] = []
    var size = 0
    for handle in handles(in: asked) {
      guard let type = database[handle]?.type.littleEndian else { break }
      if size == 0 { size = type.count }
      guard type.count == size, 2 + list.count + 2 + size <= mtu else { break }
      list += BluetoothUUID(handle).littleEndian + type
    }
    guard !list.isEmpty else { throw Failure(.attributeNotFound, asked.lowerBound) }
    return [Opcode.findInformationResponse.rawValue, size == 2 ? 1 : 2] + list
  }

  func findByTypeValue(_ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let asked = try range(&reader)
    let type = BluetoothUUID(try ATTServer.need(reader.littleEndian16()))
    let value = reader.rest()
    var list: [UInt8] = []
    for handle in handles(in: asked) {
      guard let attribute = database[handle], attribute.type == type, attribute.permissions.contains(.read),
        attribute.value == value
      else { continue }
      guard 1 + list.count + 4 <= mtu else { break }
      let end = type == .primaryService ? database.endOfGroup(from: handle) : handle
      list += BluetoothUUID(handle).littleEndian + BluetoothUUID(end).littleEndian
    }
    guard !list.isEmpty else { throw Failure(.attributeNotFound, asked.lowerBound) }
    return [Opcode.findByTypeValueResponse.rawValue] + list
  }

  func readByType(_ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let asked = try range(&reader)
    let type = try ATTServer.need(BluetoothUUID(littleEndian: reader.rest()))
    var list: [UInt8] = []
    var size = 0
    for handle in handles(in: asked) {
      guard let attribute = database[handle], attribute.type == type else { continue }
      guard attribute.permissions.contains(.read) else {
        guard list.isEmpty else { break }
        throw Failure(.readNotPermitted, handle)
      }
      let value = attribute.value.prefix(min(mtu - 4, 253))
      if list.isEmpty { size = value.count }
      guard value.count == size, 2 + list.count + 2 + size <= mtu else { break }
      list += BluetoothUUID(handle).littleEndian + value
    }
    guard !list.isEmpty else { throw Failure(.attributeNotFound, asked.lowerBound) }
    return [Opcode.readByTypeResponse.rawValue, UInt8(truncatingIfNeeded: 2 + size)] + list
  }

  func readByGroupType(_ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let asked = try range(&reader)
    let type = try ATTServer.need(BluetoothUUID(littleEndian: reader.rest()))
    guard type == .primaryService else { throw Failure(.unsupportedGroupType, asked.lowerBound) }
    var list: [UInt8] = []
    var size = 0
    for handle in handles(in: asked) {
      guard let attribute = database[handle], attribute.type == type else { continue }
      let value = attribute.value.prefix(min(mtu - 6, 251))
      if list.isEmpty { size = value.count }
      guard value.count == size, 2 + list.count + 4 + size <= mtu else { break }
      let end = database.endOfGroup(from: handle)
      list += BluetoothUUID(handle).littleEndian + BluetoothUUID(end).littleEndian + value
    }
    guard !list.isEmpty else { throw Failure(.attributeNotFound, asked.lowerBound) }
    return [Opcode.readByGroupTypeResponse.rawValue, UInt8(truncatingIfNeeded: 4 + size)] + list
  }

  private typealias Opcode = ATT.Opcode
}
