/// Everything but the unreserved characters of RFC 3986 section 2.3 as `%XX`, digits in upper case: right in a path's
/// segment, a query, a form, and what AWS signs.
public func percentEncoded(_ text: some StringProtocol) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var result: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      result.append(byte)
    default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: result, as: UTF8.self)
}

/// Names and values as a query, or as the body of a form (`application/x-www-form-urlencoded`).
///
/// - Parameter fields: Names and values as they are meant.
public func formEncoded(_ fields: [(String, String)]) -> String {
  fields.map { percentEncoded($0) + "=" + percentEncoded($1) }.joined(separator: "&")
}
