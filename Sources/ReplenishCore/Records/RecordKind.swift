/// The records that a device keeps, one small file each. The raw value is the file's name.
public enum RecordKind: String, CaseIterable {
  /// The link to the owner's Amazon account: tokens, generation, whether the refresh token is proved.
  case link
  /// What is left of a link that the owner ended: it permits the deregistration call and nothing else.
  case farewell
  /// The presses: those still open, and what became of the others.
  case journal
  /// Guesses at the setup code that failed. Never falls back to an older copy.
  case attempts
  /// The last time seen, and when the daily device status was last sent.
  case upkeep
  /// A factory reset that has begun and must be finished.
  case erasing

  /// Whether it holds tokens, so that it is sealed where the board has a key.
  public var holdsTokens: Bool {
    switch self {
    case .link, .farewell: true
    case .journal, .attempts, .upkeep, .erasing: false
    }
  }
}

/// What storage found of one record.
public indirect enum RecordFinding: Sendable {
  /// No copy of it.
  case absent
  /// The newest copy is whole.
  case whole(Secret)
  /// The newest copy is torn or foreign and was set aside; this is the one before it.
  case previous(Secret)
  /// There were copies, and none can be read; they were set aside.
  case unreadable
  /// It cannot be read now, for want of descriptors, memory or the key that sealed it, and may be whole; the text says
  /// why.
  case inaccessible(String)
  /// A later firmware wrote it, in a format or sealed in a way this one does not know. It was left as it is.
  case newer(version: Int)
}

/// What storage found of every record when the device started.
public struct RecordFindings {
  private var findings: [RecordFinding]

  /// Asks `find` for each kind of record.
  public init(_ find: (RecordKind) -> RecordFinding) {
    findings = RecordKind.allCases.map(find)
  }

  /// What was found of one record.
  public subscript(kind: RecordKind) -> RecordFinding {
    for (index, candidate) in RecordKind.allCases.enumerated() where candidate == kind { return findings[index] }
    return .absent
  }
}

/// How an effect on storage ended.
public indirect enum StoreOutcome: Equatable {
  /// It is durable: it will still be so after the power goes.
  case durable
  /// It failed; whether it happened is not known. The text says what failed and what mends it.
  case failed(String)
}
