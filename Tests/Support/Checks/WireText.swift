/// Text on the wire, read and written apart from the device's own code, so that the two check each other.
package enum WireText {
  /// Small letters for capital ones of ASCII.
  package static func lowercase(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 0x20 : $0 }
  }

  /// Whether `bytes` stand somewhere in a text.
  package static func contains(_ text: String, _ part: String) -> Bool {
    let text = Array(text.utf8)
    let part = Array(part.utf8)
    guard text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
  }

  /// The text behind percent escapes; nil where one is broken or the bytes are no UTF-8.
  package static func percentDecoded(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    let decoded = String(decoding: bytes, as: UTF8.self)
    return Array(decoded.utf8) == bytes ? decoded : nil
  }

  /// The fields of a form or query, values still encoded; nil where one has no value or a name comes twice.
  package static func fields(_ text: String) -> [String: String]? {
    var fields: [String: String] = [:]
    for part in text.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
      let pair = part.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
      guard pair.count == 2 else { return nil }
      let name = String(decoding: pair[0], as: UTF8.self)
      guard fields.updateValue(String(decoding: pair[1], as: UTF8.self), forKey: name) == nil else { return nil }
    }
    return fields
  }

  /// base64url without padding, bit by bit.
  package static func base64URL(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    let bits = bytes.flatMap { byte in (0..<8).map { Int(byte >> UInt8(7 - $0) & 1) } }
    var text: [UInt8] = []
    for start in stride(from: 0, to: bits.count, by: 6) {
      var value = 0
      for index in start..<(start + 6) { value = value * 2 + (index < bits.count ? bits[index] : 0) }
      text.append(alphabet[value])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
