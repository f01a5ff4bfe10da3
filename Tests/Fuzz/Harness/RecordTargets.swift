@testable import ReplenishCore

/// Records as they may lie on a disk.
enum RecordTargets {
  /// A kind, then a file: any bytes, or a payload in an envelope, sealed or not, that the input changes.
  static func envelope(_ bytes: inout InputBytes) throws(Violation) {
    let kind = RecordKind.allCases[bytes.number(below: RecordKind.allCases.count)]
    switch bytes.number(below: 3) {
    case 0: try read(kind, bytes.remainder())
    case 1: try plain(kind, &bytes)
    default: try sealed(kind, &bytes)
    }
  }

  private static func plain(_ kind: RecordKind, _ bytes: inout InputBytes) throws(Violation) {
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

  /// A sequence number, a payload, edits, and whether the checksum is made to fit them.
  private static func sealed(_ kind: RecordKind, _ bytes: inout InputBytes) throws(Violation) {
    let key = Secret(copying: [UInt8](repeating: 7, count: RecordSeal.keyLength))
    let other = Secret(copying: [UInt8](repeating: 8, count: RecordSeal.keyLength))
    guard
      let seal = RecordSeal(key: key, source: "key", random: SeededRandom(7)),
      let wrong = RecordSeal(key: other, source: "key", random: SeededRandom(8))
    else { return }
    let sequence = UInt64(bytes.word()) << 48 | UInt64(bytes.word())
    let payload = Secret(copying: bytes.chunk())
    guard let file = RecordEnvelope.encode(kind, sequence: sequence, payload: payload, seal: seal) else { return }
    var edited = bytes.edited(file.disclosed)
    if bytes.number(below: 2) == 1 && edited.count >= RecordEnvelope.headerLength {
      edited.replaceSubrange(32..<64, with: SHA256.digest(Array(edited[..<32]) + Array(edited[64...])))
    }
    for (seal, isRight) in [(seal, true), (wrong, false), (nil, false)] as [(RecordSeal?, Bool)] {
      switch RecordEnvelope.read(kind, Secret(copying: edited), seal: seal) {
      case .opened(let found, let opened):
        try Violation.unless(isRight && edited == file.disclosed, "only the key opens what was sealed, unchanged")
        try Violation.unless(found == sequence && Secret.matches(opened, payload), "what was sealed is opened")
      case .locked: try Violation.unless(!isRight || edited != file.disclosed, "the key opens what it sealed")
      case .whole: try Violation.unless(edited != file.disclosed, "what was sealed is not read as plain")
      case .newer, .damaged: try Violation.unless(edited != file.disclosed, "a sealed record is whole")
      }
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
  /// 0 and 1 choose the clock, bit 2 makes the findings the ones before, bit 3 says that it is the same boot, bit 4
  /// lets a phone come.
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
    if flags & 16 != 0 { try life.link() }
    try life.command(.press(slot: "coffee"))
    try life.command(.unlink)
    for _ in 0..<8 { try life.store(isDurable: true) }
    try life.command(.status)
  }
}
