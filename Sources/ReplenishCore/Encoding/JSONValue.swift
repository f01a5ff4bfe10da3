import CJansson
import COpenSSL

/// A JSON value (RFC 8259), held by jansson: parsed strictly, or built to be sent.
///
/// A reference: two names of one object are one object. Reading a member that is absent or of another type gives nil.
public final class JSONValue {
  let pointer: UnsafeMutablePointer<json_t>

  /// Takes over one reference to a jansson value.
  init(adopting pointer: UnsafeMutablePointer<json_t>) {
    self.pointer = pointer
  }

  deinit {
    JSONValue.wipe(pointer)
    replenish_json_release(pointer)
  }

  /// Why text is not JSON that this device accepts.
  public struct ParseFailure: Error, Equatable {
    /// The line of the first fault, from 1; -1 where jansson names none.
    public let line: Int
    /// The column of the first fault.
    public let column: Int
  }

  /// Parses one whole JSON text, strictly: UTF-8, no duplicate keys, nothing after it.
  ///
  /// The strings of the text may be secret, so each is erased when the last reference to it goes.
  public static func parse(_ bytes: UnsafeRawBufferPointer) throws(ParseFailure) -> JSONValue {
    var fault = json_error_t()
    let text = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    guard let root = json_loadb(text, bytes.count, JSONValue.rejectDuplicates, &fault) else {
      throw ParseFailure(line: Int(fault.line), column: Int(fault.column))
    }
    return JSONValue(adopting: root)
  }

  /// Parses one whole JSON text; see ``parse(_:)-(UnsafeRawBufferPointer)``.
  public static func parse(_ bytes: [UInt8]) throws(ParseFailure) -> JSONValue {
    let secret = Secret(copying: bytes)
    return try parse(secret)
  }

  /// Parses one whole JSON text; see ``parse(_:)-(UnsafeRawBufferPointer)``.
  public static func parse(_ secret: Secret) throws(ParseFailure) -> JSONValue {
    try secret.withBytes { (bytes) throws(ParseFailure) in try parse(bytes) }
  }

  private static let rejectDuplicates = 0x1  // JSON_REJECT_DUPLICATES, a macro that Swift does not import

  /// Overwrites every string that dies with this reference; jansson itself only frees them.
  private static func wipe(_ value: UnsafeMutablePointer<json_t>) {
    guard replenish_json_is_sole_reference(value) != 0 else { return }
    switch replenish_json_type(value) {
    case Int32(JSON_STRING.rawValue):
      if let text = json_string_value(value) {
        OPENSSL_cleanse(UnsafeMutableRawPointer(mutating: text), json_string_length(value))
      }
    case Int32(JSON_ARRAY.rawValue):
      for index in 0..<json_array_size(value) {
        if let element = json_array_get(value, index) { wipe(element) }
      }
    case Int32(JSON_OBJECT.rawValue):
      var iterator = json_object_iter(value)
      while iterator != nil {
        if let member = json_object_iter_value(iterator) { wipe(member) }
        iterator = json_object_iter_next(value, iterator)
      }
    default: break
    }
  }
}
