@testable import ReplenishCore

/// Records as they may lie on a disk.
enum RecordTargets {
  /// A kind, then a file: any bytes, or a payload in an envelope that the input changes.
  static func envelope(_ bytes: inout InputBytes) throws(Violation) {
    let kind = RecordKind.allCases[bytes.number(below: RecordKind.allCases.count)]
    guard bytes.number(below: 2) == 1 else {
      try read(kind, bytes.remainder())
      return
    }
    let version = Int(bytes.word())
    let sequence = UInt64(bytes.word()) << 48 | UInt64(bytes.word())
    let payload = Secret(copying: bytes.chunk())
    guard let file = RecordEnvelope.encode(kind, version: version, sequence: sequence, payload: payload) else { return }
    let edited = bytes.edited(file.disclosed)
    let isWhole = try read(kind, edited)
    if edited == file.disclosed {
      try Violation.unless(isWhole == (version == RecordEnvelope.version), "a record of this version is whole")
    } else {
      try Violation.unless(!isWhole, "a changed record is not whole")
    }
  }

  @discardableResult
  private static func read(_ kind: RecordKind, _ file: [UInt8]) throws(Violation) -> Bool {
    guard case .whole(let sequence, let payload) = RecordEnvelope.read(kind, Secret(copying: file)) else {
      return false
    }
    guard let again = RecordEnvelope.encode(kind, sequence: sequence, payload: payload) else {
      throw Violation(description: "a payload that was read is not too long")
    }
    try Violation.unless(Secret.matches(again, Secret(copying: file)), "a whole record is written the same")
    return true
  }

  /// A device that starts from any payloads, and then lives for a while.
  ///
  /// A byte of flags, then the payloads of all kinds in the order of ``RecordKind``, a NUL between them. The flags: bits
  /// 0 and 1 choose the clock, bit 2 makes the findings the ones before, bit 3 says that it is the same boot.
  static func records(_ input: [UInt8]) throws(Violation) {
    let flags = input.first ?? 0
    let payloads = input.dropFirst().split(separator: 0, omittingEmptySubsequences: false)
    var records: [RecordKind: Secret] = [:]
    for (kind, payload) in zip(RecordKind.allCases, payloads) where !payload.isEmpty {
      records[kind] = Secret(copying: Array(payload))
    }
    let clocks: [Int64] = [0, ClockGate.releaseFloor + 86_400, ClockGate.releaseFloor + 90_000_000, .max]
    var life = DeviceLife(
      records: records, isFallback: flags & 4 != 0, moment: Moment(uptime: 60_000, clock: clocks[Int(flags & 3)]),
      boot: flags & 8 != 0 ? [1] : [2])
    try life.start()
    try life.command(.status)
    for index in 0..<24 {
      try life.store(isDurable: index % 5 != 4)
      try life.answer(index % 3, canned: index)
      try life.wake()
    }
    try life.command(.press(slot: "coffee"))
    try life.command(.unlink)
    for _ in 0..<8 { try life.store(isDurable: true) }
    try life.command(.status)
  }
}
