import CJansson

extension JSONValue {
  /// A new, empty object.
  public static func object() -> JSONValue { made(json_object()) }

  /// A new, empty array.
  public static func array() -> JSONValue { made(json_array()) }

  /// Sets a member to a string.
  public func set(_ key: StaticString, _ value: String) {
    set(key, made: string(value.bytes))
  }

  /// Sets a member to the bytes of a secret, which must be UTF-8.
  public func set(_ key: StaticString, _ value: Secret) {
    set(key, made: value.withBytes { json_stringn($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) })
  }

  /// Sets a member to an integer.
  public func set(_ key: StaticString, _ value: Int64) { set(key, made: json_integer(value)) }

  /// Sets a member to a number; one that JSON cannot hold (not finite) becomes null.
  public func set(_ key: StaticString, _ value: Double) { set(key, made: json_real(value) ?? json_null()) }

  /// Sets a member to a truth value.
  public func set(_ key: StaticString, _ value: Bool) { set(key, made: value ? json_true() : json_false()) }

  /// Sets a member to null.
  public func setNull(_ key: StaticString) { set(key, made: json_null()) }

  /// Sets a member to a value, which the object then shares.
  public func set(_ key: StaticString, _ value: JSONValue) { set(key, made: replenish_json_retain(value.pointer)) }

  /// Sets a member whose name is known only when the program runs.
  public func set(named key: String, _ value: JSONValue) {
    _ = key.withCString { json_object_set_new(pointer, $0, replenish_json_retain(value.pointer)) }
  }

  /// Adds a value to the end of an array, which then shares it.
  public func append(_ value: JSONValue) { _ = json_array_append_new(pointer, replenish_json_retain(value.pointer)) }

  /// Adds a string to the end of an array.
  public func append(_ value: String) { _ = json_array_append_new(pointer, string(value.bytes)) }

  /// The value as compact JSON text, members in the order they were set.
  public func encoded() -> Secret {
    let flags = 0x20 | 15 << 11  // JSON_COMPACT | JSON_REAL_PRECISION(15), macros that Swift does not import
    let size = json_dumpb(pointer, nil, 0, flags)
    return Secret(count: size) { memory in
      _ = json_dumpb(pointer, memory.baseAddress?.assumingMemoryBound(to: CChar.self), size, flags)
    }
  }

  private static func made(_ value: UnsafeMutablePointer<json_t>?) -> JSONValue {
    guard let value else { fatalError("jansson: out of memory") }
    return JSONValue(adopting: value)
  }

  private func string(_ bytes: [UInt8]) -> UnsafeMutablePointer<json_t>? {
    bytes.withUnsafeBytes { json_stringn($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) ?? json_null() }
  }

  private func set(_ key: StaticString, made value: UnsafeMutablePointer<json_t>?) {
    let text = UnsafeRawPointer(key.utf8Start).assumingMemoryBound(to: CChar.self)
    _ = json_object_set_new(pointer, text, value)
  }
}
