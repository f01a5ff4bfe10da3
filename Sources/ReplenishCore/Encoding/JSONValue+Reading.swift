import CJansson

extension JSONValue {
  /// Whether this is a JSON object.
  public var isObject: Bool { replenish_json_type(pointer) == Int32(JSON_OBJECT.rawValue) }

  /// Whether this is JSON `null`.
  public var isNull: Bool { replenish_json_type(pointer) == Int32(JSON_NULL.rawValue) }

  /// A member of an object; nil if this is no object or has no such member.
  public subscript(_ key: StaticString) -> JSONValue? {
    let text = UnsafeRawPointer(key.utf8Start).assumingMemoryBound(to: CChar.self)
    guard let member = json_object_get(pointer, text) else { return nil }
    return JSONValue(adopting: replenish_json_retain(member))
  }

  /// The elements of an array; nil if this is none.
  public var elements: [JSONValue]? {
    guard replenish_json_type(pointer) == Int32(JSON_ARRAY.rawValue) else { return nil }
    var found: [JSONValue] = []
    for index in 0..<json_array_size(pointer) {
      if let element = json_array_get(pointer, index) {
        found.append(JSONValue(adopting: replenish_json_retain(element)))
      }
    }
    return found
  }

  /// The members of an object, in no promised order; nil if this is none.
  public var members: [(name: String, value: JSONValue)]? {
    guard isObject else { return nil }
    var found: [(name: String, value: JSONValue)] = []
    forEachMember { found.append(($0, $1)) }
    return found
  }

  /// How many members an object has; nil if this is none.
  var memberCount: Int? { isObject ? json_object_size(pointer) : nil }

  /// Calls `body` with each member of an object, in no promised order.
  func forEachMember<Failure: Error>(_ body: (String, JSONValue) throws(Failure) -> Void) throws(Failure) {
    var iterator = json_object_iter(pointer)
    while iterator != nil {
      if let key = json_object_iter_key(iterator), let value = json_object_iter_value(iterator) {
        try body(String(validatingCString: key) ?? "", JSONValue(adopting: replenish_json_retain(value)))
      }
      iterator = json_object_iter_next(pointer, iterator)
    }
  }

  /// The bytes of a string as UTF-8; nil if this is none.
  public var utf8: [UInt8]? {
    guard let text = json_string_value(pointer) else { return nil }
    return Array(UnsafeRawBufferPointer(start: text, count: json_string_length(pointer)))
  }

  /// A string; nil if this is none. For text that is not secret.
  public var string: String? {
    guard let bytes = utf8 else { return nil }
    return String(utf8: bytes)
  }

  /// A string as a secret, copied nowhere else; nil if this is none.
  public var secret: Secret? {
    guard let text = json_string_value(pointer) else { return nil }
    let bytes = UnsafeRawBufferPointer(start: text, count: json_string_length(pointer))
    return Secret(count: bytes.count) { target in target.copyMemory(from: bytes) }
  }

  /// An integer; nil if this is none (`1.0` is none).
  public var integer: Int64? {
    guard replenish_json_type(pointer) == Int32(JSON_INTEGER.rawValue) else { return nil }
    return json_integer_value(pointer)
  }

  /// A number, whole or not; nil if this is none.
  public var number: Double? {
    switch replenish_json_type(pointer) {
    case Int32(JSON_INTEGER.rawValue), Int32(JSON_REAL.rawValue): return json_number_value(pointer)
    default: return nil
    }
  }

  /// A truth value; nil if this is none.
  public var bool: Bool? {
    switch replenish_json_type(pointer) {
    case Int32(JSON_TRUE.rawValue): return true
    case Int32(JSON_FALSE.rawValue): return false
    default: return nil
    }
  }
}
