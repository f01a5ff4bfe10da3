import COpenSSL

/// Bytes that must never be seen: a token, a verifier, a code, a key.
///
/// The bytes live once, in memory of their own, and are overwritten when the last owner lets go. A class and not a
/// `~Copyable` struct because effects travel in arrays; sharing it copies a reference, never the bytes. It has no
/// description: printing one shows its type and nothing else.
public final class Secret: @unchecked Sendable {
  // Unchecked: the buffer is written by the initializer alone and read-only from then on.
  private let memory: UnsafeMutableRawBufferPointer

  /// Makes a secret of `count` zero bytes and lets `fill` write them.
  public init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    self.memory = memory
    fill(memory)
  }

  /// Makes a secret from bytes that something else also holds; that copy is the caller's to erase.
  public convenience init(copying bytes: [UInt8]) {
    self.init(count: bytes.count) { memory in memory.copyBytes(from: bytes) }
  }

  /// Makes a secret from a string of UTF-8, a literal in a test for instance.
  public convenience init(copying string: String) {
    self.init(copying: string.bytes)
  }

  deinit {
    OPENSSL_cleanse(memory.baseAddress, memory.count)
    memory.deallocate()
  }

  /// The number of bytes.
  public var count: Int { memory.count }

  /// Calls `body` with the bytes, which are valid only during the call and must not be copied to where they stay.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(memory))
  }

  /// Whether both hold the same bytes, found in a time that depends on the lengths only.
  public static func matches(_ left: Secret, _ right: Secret) -> Bool {
    guard left.count == right.count else { return false }
    return CRYPTO_memcmp(left.memory.baseAddress, right.memory.baseAddress, left.count) == 0
  }
}
