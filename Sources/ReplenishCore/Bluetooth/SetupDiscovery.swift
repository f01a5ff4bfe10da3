/// A phone's way from a fresh connection to frames: MTU, the service, its characteristics, indications on.
struct SetupDiscovery {
  /// Where the characteristics of the setup service are on this device.
  struct Handles: Equatable {
    var info: UInt16 = 0
    var write: UInt16 = 0
    var indicate: UInt16 = 0
    var configuration: UInt16 = 0
  }

  /// What to do next.
  enum Step {
    /// Send this request.
    case request([UInt8])
    /// Indications are on: begin.
    case done(Handles)
    /// This is not a device in its setup window.
    case failed
  }

  private enum Stage {
    case mtu, service, characteristics, descriptors, subscribing
  }

  private var stage = Stage.mtu
  private var handles = Handles()
  // Wider than a handle, so that what follows the last handle has a number too.
  private var next: UInt32 = 1
  private var end: UInt32 = 0

  /// The first request.
  mutating func start(_ client: inout ATTClient) -> [UInt8] { client.exchangeMTU() }

  /// Takes the answer to the last request; nil for a refusal.
  mutating func proceed(_ answer: [UInt8]?, _ client: inout ATTClient) -> Step {
    switch stage {
    case .mtu:
      // A server may refuse to exchange; the smallest MTU serves too.
      stage = .service
      return .request(client.findService(SetupService.uuid))
    case .service:
      var reader = WireReader(answer ?? [])
      guard let start = reader.littleEndian16(), let end = reader.littleEndian16(), start >= 1, start < end else {
        return .failed
      }
      next = UInt32(start)
      self.end = UInt32(end)
      stage = .characteristics
      return .request(client.readCharacteristics(in: start...end))
    case .characteristics:
      guard let answer else { return describe(&client) }  // attribute not found: that was the last one
      guard takeCharacteristics(answer) else { return .failed }
      guard let rest else { return describe(&client) }
      return .request(client.readCharacteristics(in: rest))
    case .descriptors:
      guard let answer, takeDescriptors(answer) else { return .failed }
      guard handles.configuration == 0 else {
        stage = .subscribing
        return .request(client.write([2, 0], to: handles.configuration))
      }
      guard let rest else { return .failed }
      return .request(client.findInformation(in: rest))
    case .subscribing: return answer == nil ? .failed : .done(handles)
    }
  }

  /// The handles that have not been asked about.
  private var rest: ClosedRange<UInt16>? {
    guard next <= end, let next = UInt16(exactly: next), let end = UInt16(exactly: end) else { return nil }
    return next...end
  }

  private mutating func describe(_ client: inout ATTClient) -> Step {
    guard handles.info != 0, handles.write != 0, handles.indicate != 0 else { return .failed }
    stage = .descriptors
    next = UInt32(handles.indicate) + 1
    guard let rest else { return .failed }
    return .request(client.findInformation(in: rest))
  }

  /// Reads declarations: handle, properties, the value's handle, UUID; false if they make no sense.
  private mutating func takeCharacteristics(_ answer: [UInt8]) -> Bool {
    var reader = WireReader(answer)
    guard let size = reader.byte(), size == 7 || size == 21, !reader.isAtEnd else { return false }
    while !reader.isAtEnd {
      guard let declaration = reader.littleEndian16(), reader.byte() != nil, let value = reader.littleEndian16(),
        let bytes = reader.bytes(Int(size) - 5), let uuid = BluetoothUUID(littleEndian: bytes)
      else { return false }
      guard declaration >= next, declaration < value, value <= end else { return false }  // or it might never end
      if uuid == SetupService.info { handles.info = value }
      if uuid == SetupService.write { handles.write = value }
      if uuid == SetupService.indicate { handles.indicate = value }
      next = UInt32(value) + 1
    }
    return true
  }

  /// Reads pairs of handle and type, up to the configuration of the indicate characteristic.
  private mutating func takeDescriptors(_ answer: [UInt8]) -> Bool {
    var reader = WireReader(answer)
    guard let format = reader.byte(), format == 1 || format == 2, !reader.isAtEnd else { return false }
    while !reader.isAtEnd {
      guard let handle = reader.littleEndian16(), let bytes = reader.bytes(format == 1 ? 2 : 16), handle >= next,
        handle <= end, let type = BluetoothUUID(littleEndian: bytes)
      else { return false }
      if type == .characteristic { return false }  // the next characteristic: there is no configuration
      if type == .clientCharacteristicConfiguration {
        handles.configuration = handle
        return true
      }
      next = UInt32(handle) + 1
    }
    return true
  }
}
