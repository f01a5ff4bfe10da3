import ReplenishCore

/// Where owners find the maker's cloud: `https://host[:port][/path]`; for trying, `http://localhost[:port]` too.
public struct CloudAddress: Equatable {
  /// The address, without a slash at its end.
  public let text: String

  /// Checks an address.
  public init(_ text: String) throws(ServiceURLFault) {
    let plain = "http://localhost"
    guard text == plain || text.hasPrefix(plain + ":") || text.hasPrefix(plain + "/") else {
      self.text = try ServiceURL(text).text
      return
    }
    self.text = "http" + String(try ServiceURL("https" + text.dropFirst(4)).text.dropFirst(5))
  }
}
