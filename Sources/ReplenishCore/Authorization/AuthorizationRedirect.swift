/// Why the address that a browser was sent back to holds no authorization code.
public enum AuthorizationRedirectError: Error, Equatable {
  /// `access_denied`: the person refused.
  case accessDenied(ServiceText)
  /// Another `error` (RFC 6749 section 4.1.2.1).
  case other(error: ServiceText, ServiceText)
  /// The state is missing or not the one that was sent: the answer belongs to another request. Begin anew.
  case stateMismatch
  /// It is no answer at all; the text says why.
  case malformed(String)
}

/// Reads the address that a browser was sent back to (RFC 6749 section 4.1.2).
public enum AuthorizationRedirect {
  /// The longest address that is read, in bytes.
  public static var longest: Int { 8192 }

  /// The authorization code in an address.
  ///
  /// - Parameters:
  ///   - url: the whole address, or all of it from the path on.
  ///   - state: the one that was sent; nil if none was, and then none may come back.
  public static func code(in url: String, state: String?) throws(AuthorizationRedirectError) -> Secret {
    let bytes = url.bytes
    guard bytes.count <= longest else { throw .malformed("the address is longer than 8192 bytes") }
    guard let mark = bytes.firstIndex(of: UInt8(ascii: "?")) else { throw .malformed("the address has no query") }
    let query = bytes[(mark + 1)...].prefix { $0 != UInt8(ascii: "#") }

    let error = try value(of: "error", in: query)
    let returnedState = try value(of: "state", in: query)
    guard returnedState == state.map({ $0.bytes }) else { throw .stateMismatch }
    if let error {
      let description = ServiceText(try value(of: "error_description", in: query) ?? [])
      if ASCII.matches(error, "access_denied") { throw .accessDenied(description) }
      throw .other(error: ServiceText(error), description)
    }
    guard let code = try value(of: "code", in: query), !code.isEmpty else { throw .malformed("it holds no code") }
    return Secret(copying: code)
  }

  /// The one value of a parameter; nil if absent. Twice is an error (RFC 6749 section 3.1).
  private static func value(
    of name: StaticString, in query: ArraySlice<UInt8>
  ) throws(AuthorizationRedirectError) -> [UInt8]? {
    var found: [UInt8]?
    for part in query.split(separator: UInt8(ascii: "&")) {
      let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, ASCII.isExactly(Array(pair[0]), name) else { continue }
      guard found == nil else { throw .malformed(AnswerReader.name(name) + " stands in it twice") }
      guard let decoded = PercentEncoding.decode(Array(pair[1]), plusIsSpace: true) else {
        throw .malformed(AnswerReader.name(name) + " has a % without two hexadecimal digits")
      }
      found = decoded
    }
    return found
  }
}
