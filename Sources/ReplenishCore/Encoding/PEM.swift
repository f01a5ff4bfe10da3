import COpenSSL

/// The bytes of PEM files (RFC 7468) between libcrypto and this project's types.
package enum PEM {
  /// Calls `body` with a source of libcrypto that reads the bytes of a file; what it finds there, or nil.
  package static func read(_ file: Secret, _ body: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
    file.withBytes { bytes in
      guard let count = Int32(exactly: bytes.count), let source = BIO_new_mem_buf(bytes.baseAddress, count) else {
        return nil
      }
      defer {
        BIO_free(source)
        ERR_clear_error()
      }
      return body(source)
    }
  }

  /// What `body` writes to a target of libcrypto, which is erased after it; nil if it wrote nothing, or without memory.
  package static func write(_ body: (OpaquePointer) -> Bool) -> Secret? {
    guard let target = BIO_new(BIO_s_secmem()) else { return nil }
    defer { BIO_free(target) }
    guard body(target) else { return nil }
    var count = 0
    let contents = Secret(count: BIO_ctrl_pending(target)) { bytes in
      count = Int(BIO_read(target, bytes.baseAddress, Int32(clamping: bytes.count)))
    }
    return count > 0 && count == contents.count ? contents : nil
  }

  /// Never asks anybody at a terminal: a key under a pass phrase is refused.
  package static var noPassPhrase:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32
  { { _, _, _, _ in -1 } }
}
