/// The form of a record file: a header of 64 bytes, then the payload. All numbers are big-endian.
///
/// ```
///  0  8  magic "RPLNSHR" and a zero byte
///  8  2  format version, 1 now
/// 10  2  kind of record
/// 12  8  sequence number, one more with each write
/// 20  4  length of the payload
/// 24  8  zero
/// 32 32  SHA-256 of bytes 0..<32 and the payload
/// ```
///
/// The header keeps this shape in every later version: so a firmware that was rolled back can tell a whole record of a
/// newer one, which it leaves alone, from a torn one, which it sets aside.
public enum RecordEnvelope {
  /// The bytes before the payload.
  public static let headerLength = 64
  /// The longest payload in bytes. Firmware keeps little; a larger file is not one of its records.
  public static let maximumPayload = 65_536
  /// The format version that this firmware writes.
  public static let version = 1

  static let magic: [UInt8] = [0x52, 0x50, 0x4C, 0x4E, 0x53, 0x48, 0x52, 0x00]
  static let checksumOffset = 32

  /// What a file turned out to be.
  public enum Reading {
    /// A whole record of this version.
    case whole(sequence: UInt64, payload: Secret)
    /// A whole record of a later version.
    case newer(version: Int, sequence: UInt64)
    /// Not a record of this kind, or not all of it.
    case damaged(Damage)
  }

  /// What is wrong with a file.
  public enum Damage: Equatable {
    /// Shorter or longer than its header says, empty for instance.
    case length
    /// It does not begin as a record does.
    case magic
    /// It is another kind of record.
    case kind
    /// The checksum differs: a bit is wrong somewhere.
    case checksum
  }

  /// The bytes of a record file; nil if the payload is longer than ``maximumPayload``.
  public static func encode(_ kind: RecordKind, sequence: UInt64, payload: Secret) -> Secret? {
    encode(kind, version: version, sequence: sequence, payload: payload)
  }

  static func encode(_ kind: RecordKind, version: Int, sequence: UInt64, payload: Secret) -> Secret? {
    guard payload.count <= maximumPayload else { return nil }
    var header = magic
    header.reserveCapacity(headerLength)
    append(UInt64(UInt16(truncatingIfNeeded: version)), count: 2, to: &header)
    append(UInt64(code(kind)), count: 2, to: &header)
    append(sequence, count: 8, to: &header)
    append(UInt64(payload.count), count: 4, to: &header)
    append(0, count: 8, to: &header)
    let digest = checksum(header: header, payload: payload)
    return Secret(count: headerLength + payload.count) { memory in
      memory.copyBytes(from: header + digest)
      payload.withBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: memory[headerLength...]).copyMemory(from: bytes)
      }
    }
  }

  /// What the bytes of a file are, read as a record of `kind`.
  public static func read(_ kind: RecordKind, _ file: Secret) -> Reading {
    file.withBytes { bytes in read(kind, bytes) }
  }

  private static func read(_ kind: RecordKind, _ bytes: UnsafeRawBufferPointer) -> Reading {
    guard bytes.count >= headerLength else { return .damaged(.length) }
    for (index, byte) in magic.enumerated() where bytes[index] != byte { return .damaged(.magic) }
    let length = number(bytes, at: 20, count: 4)
    guard length == UInt64(bytes.count - headerLength) else { return .damaged(.length) }
    let payload = Secret(count: bytes.count - headerLength) { memory in
      memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[headerLength...]))
    }
    let digest = checksum(header: Array(bytes[..<checksumOffset]), payload: payload)
    for (index, byte) in digest.enumerated() where bytes[checksumOffset + index] != byte { return .damaged(.checksum) }
    guard number(bytes, at: 10, count: 2) == UInt64(code(kind)) else { return .damaged(.kind) }
    let sequence = number(bytes, at: 12, count: 8)
    let found = Int(truncatingIfNeeded: number(bytes, at: 8, count: 2))
    if found > version { return .newer(version: found, sequence: sequence) }
    return found == version ? .whole(sequence: sequence, payload: payload) : .damaged(.magic)
  }

  /// The number of a kind on disk. Never changed, and never given to another kind.
  private static func code(_ kind: RecordKind) -> UInt16 {
    switch kind {
    case .link: 1
    case .farewell: 2
    case .journal: 3
    case .attempts: 4
    case .upkeep: 5
    case .erasing: 6
    }
  }

  private static func checksum(header: [UInt8], payload: Secret) -> [UInt8] {
    var covered = SecretBuilder(capacity: header.count + payload.count)
    covered.append(header)
    covered.append(payload)
    return SHA256.digest(covered.finish())
  }

  private static func append(_ value: UInt64, count: Int, to bytes: inout [UInt8]) {
    for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, at offset: Int, count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in offset..<(offset + count) { value = value << 8 | UInt64(bytes[index]) }
    return value
  }
}
