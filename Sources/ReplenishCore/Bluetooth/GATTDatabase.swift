/// The attributes of a server, their handles counted from 1.
final class GATTDatabase {
  /// What a client may do with an attribute's value.
  struct Permissions: OptionSet {
    let rawValue: UInt8
    static let read = Permissions(rawValue: 1)
    static let write = Permissions(rawValue: 2)
    static let writeWithoutResponse = Permissions(rawValue: 4)
  }

  /// The properties of a characteristic (Vol 3, Part G, section 3.3.1.1).
  struct Properties: OptionSet {
    let rawValue: UInt8
    static let read = Properties(rawValue: 0x02)
    static let writeWithoutResponse = Properties(rawValue: 0x04)
    static let write = Properties(rawValue: 0x08)
    static let indicate = Properties(rawValue: 0x20)
  }

  /// One attribute.
  final class Attribute {
    let type: BluetoothUUID
    fileprivate(set) var value: [UInt8]
    let permissions: Permissions

    init(type: BluetoothUUID, value: [UInt8], permissions: Permissions) {
      self.type = type
      self.value = value
      self.permissions = permissions
    }
  }

  private(set) var attributes: [Attribute] = []

  /// The last handle; 0 if there are no attributes.
  var lastHandle: UInt16 { UInt16(truncatingIfNeeded: attributes.count) }

  /// The attribute of a handle; nil if there is none.
  subscript(handle: UInt16) -> Attribute? {
    handle >= 1 && handle <= lastHandle ? attributes[Int(handle) - 1] : nil
  }

  /// Replaces a value; without effect if there is no such attribute.
  func setValue(_ value: [UInt8], of handle: UInt16) {
    self[handle]?.value = value
  }

  /// Adds a primary service; what is added next belongs to it.
  func addService(_ uuid: BluetoothUUID) {
    attributes.append(Attribute(type: .primaryService, value: uuid.littleEndian, permissions: .read))
  }

  /// Adds a characteristic, with a client configuration if it can be indicated; returns the handle of its value.
  @discardableResult
  func addCharacteristic(_ uuid: BluetoothUUID, _ properties: Properties, value: [UInt8] = []) -> UInt16 {
    let handle = lastHandle + 2
    let declaration = [properties.rawValue] + LittleEndian.bytes(handle) + uuid.littleEndian
    attributes.append(Attribute(type: .characteristic, value: declaration, permissions: .read))
    var permissions: Permissions = []
    if properties.contains(.read) { permissions.insert(.read) }
    if properties.contains(.write) { permissions.insert(.write) }
    if properties.contains(.writeWithoutResponse) { permissions.insert(.writeWithoutResponse) }
    attributes.append(Attribute(type: uuid, value: value, permissions: permissions))
    if properties.contains(.indicate) {
      attributes.append(
        Attribute(type: .clientCharacteristicConfiguration, value: [0, 0], permissions: [.read, .write]))
    }
    return handle
  }

  /// The last handle of the service that begins at a handle.
  func endOfGroup(from start: UInt16) -> UInt16 {
    var end = start
    while end < lastHandle, let next = self[end + 1], next.type != .primaryService { end += 1 }
    return end
  }
}
