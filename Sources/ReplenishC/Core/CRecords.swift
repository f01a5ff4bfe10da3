import COpenSSL
import CReplenish
import ReplenishCCommon
import ReplenishCore

/// The records, kept by the firmware. Each goes out with header and checksum, so that what comes back torn is seen.
final class CRecords {
  private let firmware: Firmware
  private var sequences: [UInt64]

  init(_ firmware: Firmware) {
    self.firmware = firmware
    sequences = RecordKind.allCases.map { _ in 0 }
  }

  /// What the firmware has of a record.
  func find(_ kind: RecordKind) -> RecordFinding {
    let room = RecordEnvelope.headerLength + RecordEnvelope.maximumPayload
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 16)
    defer {
      OPENSSL_cleanse(memory.baseAddress, room)
      memory.deallocate()
    }
    let length = named(kind) { firmware.calls.load?(firmware.userdata, $0, memory.baseAddress, room) ?? -EIO }
    switch length {
    case -ENOENT: return .absent
    case -EBADMSG: return .unreadable
    case ..<0:
      return .inaccessible(composed("the record '\(kind.rawValue)' cannot be read (error \(length)): see the storage"))
    default: break
    }
    guard Int(length) <= room else { return .unreadable }
    let file = Secret(count: Int(length)) { target in
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<Int(length)]))
    }
    switch RecordEnvelope.read(kind, file) {
    case .whole(let sequence, let payload), .opened(let sequence, let payload):
      sequences[index(kind)] = sequence
      return .whole(payload)
    case .newer(let version, _): return .newer(version: version)
    case .locked:
      // Another firmware's: this one seals nothing.
      return .inaccessible(composed("the record '\(kind.rawValue)' is sealed with a key that this firmware has not"))
    case .damaged: return .unreadable
    }
  }

  /// Replaces a record.
  func write(_ kind: RecordKind, _ payload: Secret) -> StoreOutcome {
    let (sequence, overflow) = sequences[index(kind)].addingReportingOverflow(1)
    guard !overflow, let file = RecordEnvelope.encode(kind, sequence: sequence, payload: payload) else {
      return .failed(composed("the record '\(kind.rawValue)' does not fit its form: erase the device"))
    }
    let error = named(kind) { name in
      file.withBytes { bytes in firmware.calls.store?(firmware.userdata, name, bytes.baseAddress, bytes.count) ?? -EIO }
    }
    // Counted even if it failed: it may be there all the same.
    sequences[index(kind)] = sequence
    guard error >= 0 else {
      return .failed(composed("the record '\(kind.rawValue)' could not be stored (error \(error)): see the storage"))
    }
    return .durable
  }

  /// Removes a record.
  func remove(_ kind: RecordKind) -> StoreOutcome {
    let error = named(kind) { firmware.calls.remove?(firmware.userdata, $0) ?? -EIO }
    guard error >= 0 else {
      return .failed(composed("the record '\(kind.rawValue)' could not be removed (error \(error)): see the storage"))
    }
    return .durable
  }

  private func index(_ kind: RecordKind) -> Int {
    for (index, candidate) in RecordKind.allCases.enumerated() where candidate == kind { return index }
    return 0
  }

  private func named(_ kind: RecordKind, _ call: (UnsafePointer<CChar>) -> Int32) -> Int32 {
    let name = CText(kind.rawValue)
    return withExtendedLifetime(name) { call(name.pointer) }
  }
}
