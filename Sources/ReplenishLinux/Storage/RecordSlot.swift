import ReplenishCore

/// One of the two places of a record.
enum RecordSlot {
  /// No file.
  case absent
  /// A whole record.
  case whole(sequence: UInt64, payload: Secret?, isSealed: Bool)
  /// A whole sealed record that cannot be opened, for want of the key.
  case locked(sequence: UInt64)
  /// A whole record of a later firmware.
  case newer(version: Int, sequence: UInt64)
  /// There is or was a file that cannot be read as a record. It may have been the newest.
  case damaged

  /// The sequence number, where there is one.
  var sequence: UInt64? {
    switch self {
    case .whole(let sequence, _, _), .newer(_, let sequence), .locked(let sequence): sequence
    case .absent, .damaged: nil
    }
  }

  var isDamaged: Bool { if case .damaged = self { true } else { false } }
  var isAbsent: Bool { if case .absent = self { true } else { false } }
  var isLocked: Bool { if case .locked = self { true } else { false } }
  var isPlain: Bool { if case .whole(_, _, isSealed: false) = self { true } else { false } }

  /// The same, without the payload, which memory need not keep.
  var withoutPayload: RecordSlot {
    if case .whole(let sequence, _, let isSealed) = self {
      return .whole(sequence: sequence, payload: nil, isSealed: isSealed)
    }
    return self
  }
}

/// Both places of a record.
struct RecordSlots {
  var slots: (RecordSlot, RecordSlot)

  subscript(index: Int) -> RecordSlot {
    get { index == 0 ? slots.0 : slots.1 }
    set { if index == 0 { slots.0 = newValue } else { slots.1 = newValue } }
  }

  /// The place with the highest sequence number; nil if neither has one.
  var newest: Int? {
    switch (slots.0.sequence, slots.1.sequence) {
    case (let first?, let second?): second > first ? 1 : 0
    case (.some, nil): 0
    case (nil, .some): 1
    case (nil, nil): nil
    }
  }

  /// The place that the next write may replace: a damaged one, else an empty one, else the older one.
  var target: Int {
    if slots.0.isDamaged { return 0 }
    if slots.1.isDamaged { return 1 }
    if slots.0.isAbsent { return 0 }
    if slots.1.isAbsent { return 1 }
    return newest == 0 ? 1 : 0
  }

  var hasDamage: Bool { slots.0.isDamaged || slots.1.isDamaged }
  var hasPlain: Bool { slots.0.isPlain || slots.1.isPlain }

  /// A place that cannot be opened, for want of the key; nil if there is none.
  var locked: Int? { slots.0.isLocked ? 0 : slots.1.isLocked ? 1 : nil }

  /// The version of a later firmware that wrote one of them; nil if none did.
  var newerVersion: Int? {
    for slot in [slots.0, slots.1] { if case .newer(let version, _) = slot { return version } }
    return nil
  }

  /// What the device is told.
  var finding: RecordFinding {
    guard let newest else { return hasDamage ? .unreadable : .absent }
    switch self[newest] {
    case .newer(let version, _): return .newer(version: version)
    case .whole(_, let payload?, _): return hasDamage ? .previous(payload) : .whole(payload)
    default: return .unreadable
    }
  }
}
