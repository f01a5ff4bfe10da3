import CLinux

/// Reads the short files in which the kernel and the factory say things. Not for records or anything secret.
public enum SmallFile {
  /// The bytes of a file; EFBIG if they are more than `limit`.
  public static func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
    let file = path.withCString { replenish_open_device($0, 0) }
    guard file >= 0 else { throw Errno.last }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var used = 0
    while used < bytes.count {
      let count = bytes.withUnsafeMutableBytes { memory in
        CLinux.read(file, memory.baseAddress?.advanced(by: used), memory.count - used)
      }
      if count < 0 {
        if replenish_errno() == EINTR { continue }
        throw Errno.last
      }
      if count == 0 { break }
      used += count
    }
    guard used <= limit else { throw Errno(EFBIG) }
    bytes.removeLast(bytes.count - used)
    return bytes
  }

  /// The bytes without the blanks, line ends and zero bytes around them.
  public static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return [] }
    return Array(bytes[first...last])
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x00, 0x09, 0x0A, 0x0D, 0x20: true
    default: false
    }
  }
}
