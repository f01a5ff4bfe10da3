/// The requests by which a client finds services, characteristics and descriptors (Vol 3, Part F, sections 3.4.3–3.4.4).
extension ATTServer {
  /// Reads a range of handles, which must be in order.
  private func range(_ reader: inout WireReader) throws(Failure) -> ClosedRange<UInt16> {
    let start = try ATTServer.need(reader.littleEndian16())
    let end = try ATTServer.need(reader.littleEndian16())
    guard start >= 1, start <= end else { throw Failure(.invalidHandle, start) }
    return start...end
  }

  /// What a response with a list says: an entry for each attribute in a range that has one, for as long as the entries
  /// are of one size and fit behind the response's first bytes.
  private func list(
    _ range: ClosedRange<UInt16>, behind header: Int,
    of entry: (UInt16, GATTDatabase.Attribute) throws(Failure) -> [UInt8]?
  ) throws(Failure) -> (size: Int, bytes: [UInt8]) {
    var list: [UInt8] = []
    var size = 0
    var handle = range.lowerBound
    while handle <= range.upperBound, let attribute = database[handle] {
      do {
        if let entry = try entry(handle, attribute) {
          if list.isEmpty { size = entry.count }
          guard entry.count == size, header + list.count + size <= mtu else { break }
          list += entry
        }
      } catch {
        guard !list.isEmpty else { throw error }
        break
      }
      handle += 1
    }
    guard !list.isEmpty else { throw Failure(.attributeNotFound, range.lowerBound) }
    return (size, list)
  }

  func findInformation(_ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let asked = try range(&reader)
    guard reader.isAtEnd else { throw Failure(.invalidPDU) }
    let (size, list) = try list(asked, behind: 2) { handle, attribute in
      LittleEndian.bytes(handle) + attribute.type.littleEndian
    }
    return [Opcode.findInformationResponse.rawValue, size == 4 ? 1 : 2] + list
  }

  func findByTypeValue(_ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let asked = try range(&reader)
    let type = BluetoothUUID(try ATTServer.need(reader.littleEndian16()))
    let value = reader.rest()
    let (_, list) = try list(asked, behind: 1) { handle, attribute in
      guard attribute.type == type, attribute.permissions.contains(.read), attribute.value == value else { return nil }
      let end = type == .primaryService ? database.endOfGroup(from: handle) : handle
      return LittleEndian.bytes(handle) + LittleEndian.bytes(end)
    }
    return [Opcode.findByTypeValueResponse.rawValue] + list
  }

  func readByType(_ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let asked = try range(&reader)
    let type = try ATTServer.need(BluetoothUUID(littleEndian: reader.rest()))
    let (size, list) = try list(asked, behind: 2) { (handle, attribute) throws(Failure) in
      guard attribute.type == type else { return nil }
      guard attribute.permissions.contains(.read) else { throw Failure(.readNotPermitted, handle) }
      return LittleEndian.bytes(handle) + attribute.value.prefix(min(mtu - 4, 253))
    }
    return [Opcode.readByTypeResponse.rawValue, UInt8(truncatingIfNeeded: size)] + list
  }

  func readByGroupType(_ reader: inout WireReader) throws(Failure) -> [UInt8] {
    let asked = try range(&reader)
    let type = try ATTServer.need(BluetoothUUID(littleEndian: reader.rest()))
    guard type == .primaryService else { throw Failure(.unsupportedGroupType, asked.lowerBound) }
    let (size, list) = try list(asked, behind: 2) { handle, attribute in
      guard attribute.type == type else { return nil }
      let end = LittleEndian.bytes(database.endOfGroup(from: handle))
      return LittleEndian.bytes(handle) + end + attribute.value.prefix(min(mtu - 6, 251))
    }
    return [Opcode.readByGroupTypeResponse.rawValue, UInt8(truncatingIfNeeded: size)] + list
  }

  private typealias Opcode = ATT.Opcode
}
