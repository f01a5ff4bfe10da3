import COpenSSL
import ReplenishCore

/// Calls `body` with a source of libcrypto that reads the bytes of a file; what it finds there, or nil.
func withPEM(_ file: Secret, _ body: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
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

/// Never asks anybody at a terminal: a key under a pass phrase is refused.
let noPassPhrase: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
  _, _, _, _ in -1
}
