import COpenSSL

/// Builds a ``Secret`` piece by piece, erasing what it outgrows on the way.
public struct SecretBuilder: ~Copyable {
  private var memory: UnsafeMutableRawBufferPointer
  private var used = 0

  /// Begins with room for `capacity` bytes; more is made as needed.
  public init(capacity: Int = 256) {
    memory = .allocate(byteCount: max(capacity, 16), alignment: 16)
  }

  deinit {
    OPENSSL_cleanse(memory.baseAddress, memory.count)
    memory.deallocate()
  }

  /// The number of bytes so far.
  public var count: Int { used }

  /// Adds one byte.
  public mutating func append(_ byte: UInt8) {
    reserve(1)
    memory[used] = byte
    used += 1
  }

  /// Adds bytes.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    reserve(bytes.count)
    UnsafeMutableRawBufferPointer(rebasing: memory[used...]).copyMemory(from: bytes)
    used += bytes.count
  }

  /// Adds bytes.
  public mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Adds the UTF-8 of a string.
  public mutating func append(_ text: String) {
    for byte in text.bytes { append(byte) }
  }

  /// Adds the bytes of a secret.
  public mutating func append(_ secret: Secret) {
    secret.withBytes { append($0) }
  }

  /// The bytes so far, as a secret of exactly their length.
  public consuming func finish() -> Secret {
    let source = UnsafeRawBufferPointer(rebasing: memory[..<used])
    return Secret(count: used) { target in target.copyMemory(from: source) }
  }

  private mutating func reserve(_ more: Int) {
    guard memory.count - used < more else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: (used + more) * 2, alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<used]))
    OPENSSL_cleanse(memory.baseAddress, memory.count)
    memory.deallocate()
    memory = larger
  }
}
