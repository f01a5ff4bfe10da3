/// Where random bytes come from. The core takes them from its caller, so that a test can replay a whole life.
public protocol RandomSource: AnyObject {
  /// Fills the buffer with unpredictable bytes; false if none can be had, in which case nothing secret may be made.
  func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Bool
}

extension RandomSource {
  /// A secret of random bytes; nil if none can be had.
  public func secret(count: Int) -> Secret? {
    var filled = false
    let secret = Secret(count: count) { filled = fill($0) }
    return filled ? secret : nil
  }

  /// Random bytes that need not stay secret, an identifier for instance; nil if none can be had.
  public func bytes(count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return bytes.withUnsafeMutableBytes { fill($0) } ? bytes : nil
  }
}
