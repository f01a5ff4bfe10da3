import ReplenishCore

/// What the QR code on a device's label says.
///
/// `replenish:v1?id=4F2A9C&code=12345678&model=Brewer-3%2B`: the short id by which the device advertises itself, the
/// setup code, and the model, so that the phone can refuse a device of another one. Values are percent-encoded. A reader
/// passes over members that it does not know; a member twice, or another version, is refused.
public struct LabelPayload {
  /// The short id; it tells devices apart over the air and proves nothing.
  public let shortID: ShortID
  /// The setup code.
  public let code: SetupCode
  /// The model id.
  public let model: ModelID

  /// The longest payload that is read, in bytes.
  public static let longest = 512

  /// Why a text is no payload.
  public enum Fault: Error, Equatable {
    /// It does not begin with `replenish:`.
    case foreign
    /// It is of another version than `v1`.
    case otherVersion
    /// A member is absent, there twice, or has no valid value.
    case invalid(member: String)
    /// The setup code in it is none.
    case code(SetupCode.Fault)

    /// What is wrong and what to do, for a person.
    public var text: String {
      switch self {
      case .foreign: "This is no payload of a device's label: it does not begin with replenish:. Scan the label again."
      case .otherVersion: "This label is of a version that this program does not know. Update the program."
      case .invalid(let member): "The label's payload has no valid \(member). Scan the label again."
      case .code(let fault): fault.text
      }
    }
  }

  /// Makes a payload.
  public init(shortID: ShortID, code: SetupCode, model: ModelID) {
    self.shortID = shortID
    self.code = code
    self.model = model
  }

  /// Reads a payload; white space around it is passed over.
  public init(_ text: Secret) throws(Fault) {
    self = try text.withBytes { (bytes) throws(Fault) in try LabelPayload(reading: bytes[...]) }
  }

  /// Finds a payload in a longer text, a label drawn as text for instance: the first line that begins as one.
  public init(inText text: Secret) throws(Fault) {
    let line: Secret? = text.withBytes { bytes in
      for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
        let start = line.drop(while: LabelPayload.isSpace)
        guard start.starts(with: LabelPayload.scheme.utf8) else { continue }
        return Secret(count: start.count) { $0.copyBytes(from: start) }
      }
      return nil
    }
    guard let line else { throw .foreign }
    try self.init(line)
  }

  /// The text that goes into the QR code.
  public func encode() -> Secret {
    var text = SecretBuilder(capacity: 160)
    text.append("\(LabelPayload.scheme)\(LabelPayload.version)?id=\(shortID.text)&code=")
    code.label.withBytes { for byte in $0 where byte != UInt8(ascii: "-") { text.append(byte) } }
    text.append("&model=")
    for byte in model.text.utf8 {
      if LabelPayload.isUnreserved(byte) {
        text.append(byte)
      } else {
        text.append([UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      }
    }
    return text.finish()
  }

  private static let scheme = "replenish:"
  private static let version = "v1"

  private init(reading text: Slice<UnsafeRawBufferPointer>) throws(Fault) {
    var rest = text
    while let first = rest.first, LabelPayload.isSpace(first) { rest = rest.dropFirst() }
    while let last = rest.last, LabelPayload.isSpace(last) { rest = rest.dropLast() }
    guard rest.count <= LabelPayload.longest, rest.starts(with: LabelPayload.scheme.utf8) else { throw .foreign }
    rest = rest.dropFirst(LabelPayload.scheme.utf8.count)
    guard let mark = rest.firstIndex(of: UInt8(ascii: "?")), rest[..<mark].elementsEqual(LabelPayload.version.utf8)
    else { throw .otherVersion }

    var values: [String: Secret] = [:]
    for member in rest[(mark + 1)...].split(separator: UInt8(ascii: "&")) {
      let sign = member.firstIndex(of: UInt8(ascii: "=")) ?? member.endIndex
      let name = String(decoding: member[..<sign], as: UTF8.self)
      guard ["id", "code", "model"].contains(name) else { continue }
      guard let value = LabelPayload.decoded(member[sign...].dropFirst()) else { throw .invalid(member: name) }
      guard values.updateValue(value, forKey: name) == nil else { throw .invalid(member: name) }
    }
    guard let id = values["id"]?.withBytes({ ShortID(hexadecimal: Array($0)) }) else { throw .invalid(member: "id") }
    guard let code = values["code"] else { throw .invalid(member: "code") }
    let model = values["model"]?.withBytes { String(validating: $0, as: UTF8.self) } ?? ""
    do throws(IdentityFault) { self.model = try ModelID(model) } catch { throw .invalid(member: "model") }
    do throws(SetupCode.Fault) { self.code = try SetupCode(code) } catch { throw .code(error) }
    self.shortID = id
  }

  private static func decoded(_ text: Slice<UnsafeRawBufferPointer>) -> Secret? {
    var value = SecretBuilder(capacity: text.count)
    var rest = text
    while let byte = rest.first {
      rest = rest.dropFirst()
      guard byte == UInt8(ascii: "%") else {
        value.append(byte)
        continue
      }
      guard let high = rest.first.flatMap(digit), let low = rest.dropFirst().first.flatMap(digit) else { return nil }
      value.append(high << 4 | low)
      rest = rest.dropFirst(2)
    }
    return value.finish()
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Character(UnicodeScalar(byte)).hexDigitValue.flatMap { UInt8(exactly: $0) }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  /// The unreserved characters of RFC 3986, 2.3.
  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}

private let digits = Array("0123456789ABCDEF".utf8)
