/// The form of a record file: a header of 64 bytes, then the payload. All numbers are big-endian.
///
/// ```
///  0  8  magic "RPLNSHR" and a zero byte
///  8  2  format version, 1 now
/// 10  2  kind of record
/// 12  8  sequence number, one more with each write
/// 20  4  length of the payload as stored
/// 24  1  seal: 0 none, 1 AES-256-GCM
/// 25  7  zero
/// 32 32  SHA-256 of bytes 0..<32 and the payload as stored
/// ```
///
/// A sealed payload is stored as a random nonce of 12 bytes, the ciphertext and the tag of 16 bytes; bytes 0..<32 of the
/// header are the additional data. The checksum covers what is stored, so a torn record is told apart without the key.
///
/// The header keeps this shape in every later version: so a firmware that was rolled back can tell a whole record of a
/// newer one, which it leaves alone, from a torn one, which it sets aside.
public enum RecordEnvelope {
  /// The bytes before the payload.
  public static let headerLength = 64
  /// The longest payload in bytes, as stored. Firmware keeps little; a larger file is not one of its records.
  public static let maximumPayload = 65_536
  /// The format version that this firmware writes.
  public static let version = 1

  static let magic: [UInt8] = [0x52, 0x50, 0x4C, 0x4E, 0x53, 0x48, 0x52, 0x00]
  static let checksumOffset = 32
  static let sealOffset = 24

  /// What the byte at ``sealOffset`` may say.
  private enum SealByte {
    static let plain: UInt8 = 0
    static let aes256GCM: UInt8 = 1
  }

  /// What a file turned out to be.
  public enum Reading {
    /// A whole record of this version, not sealed.
    case whole(sequence: UInt64, payload: Secret)
    /// A whole sealed record of this version, opened.
    case opened(sequence: UInt64, payload: Secret)
    /// A whole sealed record of this version that no key was given for, or that the key does not open.
    case locked(sequence: UInt64)
    /// A whole record of a later version, or one that is sealed in a way which this version does not know.
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

  /// The bytes of a record file, sealed if there is a seal.
  ///
  /// Nil if that is longer than ``maximumPayload``, or if there was no randomness to seal it with.
  public static func encode(
    _ kind: RecordKind, sequence: UInt64, payload: Secret, seal: RecordSeal? = nil
  ) -> Secret? {
    guard let seal else { return encode(kind, version: version, sequence: sequence, payload: payload) }
    guard let nonce = seal.random.bytes(count: AESGCM.nonceLength) else { return nil }
    return encode(kind, sequence: sequence, payload: payload, key: seal.key, nonce: nonce)
  }

  static func encode(_ kind: RecordKind, version: Int, sequence: UInt64, payload: Secret) -> Secret? {
    file(header(kind, version: version, sequence: sequence, length: payload.count, seal: SealByte.plain), payload)
  }

  package static func encode(
    _ kind: RecordKind, sequence: UInt64, payload: Secret, key: Secret, nonce: [UInt8]
  ) -> Secret? {
    let length = nonce.count + payload.count + AESGCM.tagLength
    let header = header(kind, version: version, sequence: sequence, length: length, seal: SealByte.aes256GCM)
    guard let sealed = AESGCM.seal(payload, key: key, nonce: nonce, additional: header) else { return nil }
    return file(header, Secret(copying: nonce + sealed))
  }

  private static func header(
    _ kind: RecordKind, version: Int, sequence: UInt64, length: Int, seal: UInt8
  ) -> [UInt8] {
    var header = magic
    header.reserveCapacity(headerLength)
    append(UInt64(UInt16(truncatingIfNeeded: version)), count: 2, to: &header)
    append(UInt64(code(kind)), count: 2, to: &header)
    append(sequence, count: 8, to: &header)
    append(UInt64(length), count: 4, to: &header)
    header.append(seal)
    append(0, count: 7, to: &header)
    return header
  }

  private static func file(_ header: [UInt8], _ payload: Secret) -> Secret? {
    guard payload.count <= maximumPayload else { return nil }
    let digest = checksum(header: header, payload: payload)
    return Secret(count: headerLength + payload.count) { memory in
      memory.copyBytes(from: header + digest)
      payload.withBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: memory[headerLength...]).copyMemory(from: bytes)
      }
    }
  }

  /// What the bytes of a file are, read as a record of `kind`; a sealed one is opened with the seal's key.
  public static func read(_ kind: RecordKind, _ file: Secret, seal: RecordSeal? = nil) -> Reading {
    file.withBytes { bytes in read(kind, bytes, seal?.key) }
  }

  private static func read(_ kind: RecordKind, _ bytes: UnsafeRawBufferPointer, _ key: Secret?) -> Reading {
    guard bytes.count >= headerLength else { return .damaged(.length) }
    for (index, byte) in magic.enumerated() where bytes[index] != byte { return .damaged(.magic) }
    let length = number(bytes, at: 20, count: 4)
    guard length == UInt64(bytes.count - headerLength) else { return .damaged(.length) }
    let payload = Secret(count: bytes.count - headerLength) { memory in
      memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[headerLength...]))
    }
    let header = Array(bytes[..<checksumOffset])
    let digest = checksum(header: header, payload: payload)
    for (index, byte) in digest.enumerated() where bytes[checksumOffset + index] != byte { return .damaged(.checksum) }
    guard number(bytes, at: 10, count: 2) == UInt64(code(kind)) else { return .damaged(.kind) }
    let sequence = number(bytes, at: 12, count: 8)
    let found = Int(truncatingIfNeeded: number(bytes, at: 8, count: 2))
    if found > version { return .newer(version: found, sequence: sequence) }
    guard found == version else { return .damaged(.magic) }
    switch bytes[sealOffset] {
    case SealByte.plain: return .whole(sequence: sequence, payload: payload)
    case SealByte.aes256GCM:
      guard let key, let opened = open(bytes[headerLength...], header: header, key) else {
        return .locked(sequence: sequence)
      }
      return .opened(sequence: sequence, payload: opened)
    default: return .newer(version: found, sequence: sequence)
    }
  }

  /// The payload that a stored one seals; nil if the key does not open it.
  private static func open(_ stored: Slice<UnsafeRawBufferPointer>, header: [UInt8], _ key: Secret) -> Secret? {
    guard stored.count >= AESGCM.nonceLength + AESGCM.tagLength else { return nil }
    let nonce = Array(stored.prefix(AESGCM.nonceLength))
    let sealed = Array(stored.dropFirst(AESGCM.nonceLength))
    do throws(AESGCM.Fault) {
      return try AESGCM.open(sealed, key: key, nonce: nonce, additional: header)
    } catch { return nil }
  }

  /// What is new in a record that ``Reading/newer(version:sequence:)`` tells of, for messages.
  public static func novelty(_ found: Int) -> String { found > version ? composed("format \(found)") : "another seal" }

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
