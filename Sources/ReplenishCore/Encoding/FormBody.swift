/// A body of `application/x-www-form-urlencoded`, built in memory that is erased: its values may be secret.
public struct FormBody: ~Copyable {
  /// The media type.
  public static var contentType: String { "application/x-www-form-urlencoded" }

  private var builder = SecretBuilder(capacity: 512)

  /// Begins without a field.
  public init() {}

  /// Adds a field whose value is not secret. The name needs no encoding.
  public mutating func add(_ name: StaticString, _ value: String) {
    begin(name)
    for byte in value.bytes { PercentEncoding.put(byte) { builder.append($0) } }
  }

  /// Adds a field whose value is secret. The name needs no encoding.
  public mutating func add(_ name: StaticString, _ value: Secret) {
    begin(name)
    value.withBytes { bytes in
      for byte in bytes { PercentEncoding.put(byte) { builder.append($0) } }
    }
  }

  /// The body.
  public consuming func finish() -> Secret { builder.finish() }

  private mutating func begin(_ name: StaticString) {
    if builder.count > 0 { builder.append(UInt8(ascii: "&")) }
    builder.append(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    builder.append(UInt8(ascii: "="))
  }
}
