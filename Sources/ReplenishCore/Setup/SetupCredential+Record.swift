/// The record as it lies in its file: one line of JSON, described in Formats.
extension SetupCredential {
  private static let format: StaticString = "replenish-setup"
  private static let version: Int64 = 1
  private static let memberCount = 7
  private static let maximumSize = 4096

  /// The record as JSON text.
  public func encode() -> Secret {
    let record = JSONValue.object()
    record.set("format", Secret(copying: SetupCredential.format.bytes))
    record.set("version", SetupCredential.version)
    record.set("short_id", shortID.text)
    record.set("salt", Hex.encode(Secret(copying: salt)))
    record.set("iterations", Int64(iterations))
    record.set("w0", Hex.encode(w0))
    record.set("L", Hex.encode(l))
    return record.encoded()
  }

  /// Reads a record; everything in it is checked, the point on its curve too.
  public static func decode(_ record: Secret) throws(Fault) -> SetupCredential {
    guard record.count <= maximumSize else { throw .notJSON(line: 1, column: maximumSize) }
    let object: JSONValue
    do {
      object = try JSONValue.parse(record)
    } catch {
      throw .notJSON(line: error.line, column: error.column)
    }
    guard let count = object.memberCount else { throw .notJSON(line: 1, column: 1) }
    guard let name = object["format"]?.utf8, name == format.bytes, object["version"]?.integer == version else {
      throw .format
    }
    guard count <= memberCount else { throw .unknownMember }
    guard let shortID = ShortID(try bytes("short_id", of: object).disclosed) else { throw .member("short_id") }
    let salt = try bytes("salt", of: object).disclosed
    guard let count = object["iterations"]?.integer else { throw .member("iterations") }
    guard let iterations = Int(exactly: count) else { throw .member("iterations") }
    return try SetupCredential(
      shortID: shortID, salt: salt, iterations: iterations, w0: bytes("w0", of: object), l: bytes("L", of: object))
  }

  private static func bytes(_ name: StaticString, of object: JSONValue) throws(Fault) -> Secret {
    guard let text = object[name]?.secret, let bytes = Hex.decode(text) else {
      throw .member(String(utf8: name.bytes))
    }
    return bytes
  }
}
