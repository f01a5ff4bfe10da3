import CLinux

/// The process's environment, read only.
public enum Environment {
  /// The bytes of a variable; nil if it is not set or empty.
  public static func bytes(_ name: StaticString) -> [UInt8]? {
    let key = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    guard let value = getenv(key) else { return nil }
    let bytes = Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    return bytes.isEmpty ? nil : bytes
  }

  /// A variable of decimal digits; nil if it is not set or anything else.
  static func number(_ name: StaticString) -> UInt64? {
    guard let digits = bytes(name) else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      let (tens, first) = value.multipliedReportingOverflow(by: 10)
      let (sum, second) = tens.addingReportingOverflow(UInt64(digit - 0x30))
      if first || second { return nil }
      value = sum
    }
    return value
  }
}
