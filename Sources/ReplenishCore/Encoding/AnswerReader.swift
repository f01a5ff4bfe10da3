/// What is wrong with a service's answer; the text says where.
struct AnswerFault: Error {
  let text: String

  init(_ text: Wording) { self.text = text.text }

  init(_ field: StaticString, _ text: Wording) { self.init("\(field) \(text)") }
}

/// Reads the JSON of an answer strictly: an absent field, another type or an absurd length is a fault, never a default.
/// Unknown fields are ignored, as every service here reserves the right to add some.
enum AnswerReader {
  /// The most bytes of an answer that are parsed; the answers of these services have a few hundred.
  static var longestBody: Int { 65_536 }

  /// The object that the body of an answer is.
  static func object(_ answer: HTTPAnswer) throws(AnswerFault) -> JSONValue {
    guard answer.body.count > 0 else { throw AnswerFault("the body is empty") }
    guard answer.body.count <= longestBody else { throw AnswerFault("the body is longer than 64 KiB") }
    guard !isPage(answer) else { throw AnswerFault("the body is a web page, not JSON") }
    let value: JSONValue
    do throws(JSONValue.ParseFailure) {
      value = try JSONValue.parse(answer.body)
    } catch {
      throw AnswerFault("the body is not JSON at line \(error.line), column \(error.column)")
    }
    guard value.isObject else { throw AnswerFault("the body is not a JSON object") }
    return value
  }

  /// Whether the answer calls itself HTML, as a sign-in page of a network does that answers for the service.
  static func isPage(_ answer: HTTPAnswer) -> Bool {
    guard let type = answer.contentType else { return false }
    return ASCII.hasPrefix(type.bytes, "text/html")
  }

  /// A text of 1 to `limit` bytes without control characters.
  static func text(_ object: JSONValue, _ field: StaticString, limit: Int) throws(AnswerFault) -> String {
    guard let text = try optionalText(object, field, limit: limit) else { throw AnswerFault(field, "is missing") }
    return text
  }

  /// As ``text(_:_:limit:)``; nil if the field is absent or null.
  static func optionalText(_ object: JSONValue, _ field: StaticString, limit: Int) throws(AnswerFault) -> String? {
    guard let value = object[field], !value.isNull else { return nil }
    guard let bytes = value.utf8 else { throw AnswerFault(field, "is not a string") }
    guard isText(bytes, limit: limit) else {
      throw AnswerFault(field, "is empty, longer than \(limit) bytes or has control characters")
    }
    return String(utf8: bytes)
  }

  /// A word of an open enumeration: 1 to `limit` visible ASCII characters.
  static func word(_ object: JSONValue, _ field: StaticString, limit: Int) throws(AnswerFault) -> String {
    let text = try text(object, field, limit: limit)
    guard text.bytes.allSatisfy({ ASCII.isVisible($0) }) else { throw AnswerFault(field, "is not one word of ASCII") }
    return text
  }

  /// Whether bytes of valid UTF-8 are 1 to `limit` and hold no control characters (C0, DEL, C1).
  static func isText(_ bytes: [UInt8], limit: Int) -> Bool {
    guard !bytes.isEmpty, bytes.count <= limit else { return false }
    var previous: UInt8 = 0
    for byte in bytes {
      if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return false }
      previous = byte
    }
    return true
  }

  /// A secret of 1 to `limit` visible ASCII characters, so that it can stand in a header; nil if absent or null.
  static func optionalSecret(_ object: JSONValue, _ field: StaticString, limit: Int) throws(AnswerFault) -> Secret? {
    guard let value = object[field], !value.isNull else { return nil }
    guard let secret = value.secret else { throw AnswerFault(field, "is not a string") }
    guard secret.count > 0, secret.count <= limit else { throw AnswerFault(field, "is empty or longer than \(limit)") }
    guard secret.withBytes({ bytes in bytes.allSatisfy { ASCII.isVisible($0) } }) else {
      throw AnswerFault(field, "has a character that is not visible ASCII")
    }
    return secret
  }

  /// As ``optionalSecret(_:_:limit:)``, but must be there.
  static func secret(_ object: JSONValue, _ field: StaticString, limit: Int) throws(AnswerFault) -> Secret {
    guard let secret = try optionalSecret(object, field, limit: limit) else { throw AnswerFault(field, "is missing") }
    return secret
  }

  /// A count of seconds from 1 to `limit`, as a JSON integer or as a string of digits; nil if absent.
  static func optionalSeconds(_ object: JSONValue, _ field: StaticString, limit: Int) throws(AnswerFault) -> Int? {
    guard let value = object[field] else { return nil }
    guard let seconds = value.integer ?? digits(value.utf8), seconds >= 1, seconds <= Int64(limit) else {
      throw AnswerFault(field, "is not a whole number from 1 to \(limit)")
    }
    return Int(seconds)
  }

  /// As ``optionalSeconds(_:_:limit:)``, but must be there.
  static func seconds(_ object: JSONValue, _ field: StaticString, limit: Int) throws(AnswerFault) -> Int {
    guard let seconds = try optionalSeconds(object, field, limit: limit) else { throw AnswerFault(field, "is missing") }
    return seconds
  }

  /// A quantity: a number that is not negative.
  static func quantity(_ object: JSONValue, _ field: StaticString) throws(AnswerFault) -> Double {
    guard let number = object[field]?.number, number >= 0 else { throw AnswerFault(field, "is not a number from 0 up") }
    return number
  }

  /// A list of at most ``longestList`` elements.
  static func elements(_ object: JSONValue, _ field: StaticString) throws(AnswerFault) -> [JSONValue] {
    guard let elements = object[field]?.elements else { throw AnswerFault(field, "is missing or not a list") }
    guard elements.count <= longestList else { throw AnswerFault(field, "has more than \(longestList) elements") }
    return elements
  }

  /// The most slots, products or items in one answer.
  static var longestList: Int { 256 }

  /// The name of a field as a `String`.
  static func name(_ field: StaticString) -> String {
    String(utf8: field.bytes)
  }

  /// The number that up to 18 digits spell, which always fits; nil for anything else.
  private static func digits(_ bytes: [UInt8]?) -> Int64? {
    guard let bytes, !bytes.isEmpty, bytes.count <= 18 else { return nil }
    var number: Int64 = 0
    for byte in bytes {
      guard ASCII.isDigit(byte) else { return nil }
      number = number * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    return number
  }
}
