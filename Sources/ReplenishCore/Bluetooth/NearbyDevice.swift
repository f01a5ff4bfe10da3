/// A device in its setup window, as a phone's radio hears it.
public struct NearbyDevice: Equatable, Sendable {
  /// Where it is on the air now, least significant byte first. It is another in each window; the short id stays.
  public internal(set) var address: [UInt8]
  /// Whether that is a random address, as it ought to be.
  public internal(set) var isRandom: Bool
  /// The short id on its label.
  public let shortID: ShortID
  /// Its name, made harmless for a terminal; empty until a scan response has told it.
  public internal(set) var name: String

  /// The name and the short id, or the latter alone: what a person compares with the label.
  public var title: String { name.isEmpty ? shortID.text : "\(name) \(shortID.text)" }

  /// Makes a device.
  public init(address: [UInt8], isRandom: Bool, shortID: ShortID, name: String = "") {
    self.address = address
    self.isRandom = isRandom
    self.shortID = shortID
    self.name = name
  }

  /// Reads what a radio heard: an advertisement, with the scan response after it or not. Nil if it is no device in its
  /// setup window.
  public init?(address: [UInt8], isRandom: Bool, advertisement: [UInt8]) {
    var reader = WireReader(advertisement)
    var hasService = false
    var found: ShortID?
    var name: [UInt8] = []
    // A zero length, or one that leads beyond the end, ends what can be read.
    while let length = reader.byte(), length > 0, let structure = reader.bytes(Int(length)) {
      let data = Array(structure[1...])
      switch structure[0] {
      case 0x06, 0x07: hasService = hasService || NearbyDevice.lists(data, SetupService.uuid.littleEndian)
      case 0x08, 0x09: name = data
      case 0xFF:
        // The company's number is the maker's.
        guard data.count == 3 + ShortID.length, data[2] == SetupAdvertisement.format else { break }
        found = ShortID(Array(data[3...]))
      default: break
      }
    }
    guard hasService, let found else { return nil }
    // Anybody in range may have written it.
    let shown = ControlText.harmless(String(decoding: name, as: UTF8.self))
    self.init(address: address, isRandom: isRandom, shortID: found, name: shown)
  }

  /// Reads the management's event *Device Found*; nil for any other packet, and for another kind of device.
  init?(management packet: [UInt8], index: UInt16) {
    var reader = WireReader(packet)
    // After the head: address, its type, signal strength (1), flags (4), the length of what was heard.
    guard reader.littleEndian16() == 0x0012, reader.littleEndian16() == index, let length = reader.littleEndian16(),
      reader.remaining == length, let address = reader.bytes(6), let type = reader.byte(), type == 1 || type == 2,
      reader.bytes(5) != nil, let count = reader.littleEndian16(), reader.remaining == count
    else { return nil }
    self.init(address: address, isRandom: type == 2, advertisement: reader.rest())
  }

  private static func lists(_ uuids: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard uuids.count % wanted.count == 0 else { return false }
    return stride(from: 0, to: uuids.count, by: wanted.count).contains {
      uuids[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
  }
}
