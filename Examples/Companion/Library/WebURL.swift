import CCompanion

/// A URL, taken apart and resolved by libcurl (RFC 3986), so that this program and its requests agree about it.
public struct WebURL: Equatable, Sendable {
  /// The whole URL, normalized.
  public let text: String
  /// What it was read from, to the letter: Amazon compares redirect URIs so.
  public let written: String
  /// The scheme in lower case.
  public let scheme: String
  /// The host as written; an IPv6 address in its brackets.
  public let host: String
  /// The port, the scheme's own if none is written.
  public let port: Int
  /// The path as written, at least `/`.
  public let path: String
  /// The query as written, without its `?`; nil if there is none.
  public let query: String?

  /// Reads an absolute URL; nil if libcurl finds none in it, or a scheme without a well-known port or host.
  public init?(_ text: String) { self.init(text, relativeTo: nil) }

  /// Reads a reference against a base, as a browser does with `Location` and `action`.
  public init?(_ reference: String, relativeTo base: WebURL?) {
    guard let handle = curl_url() else { return nil }
    defer { curl_url_cleanup(handle) }
    if let base {
      guard curl_url_set(handle, CURLUPART_URL, base.text, 0) == CURLUE_OK else { return nil }
      // libcurl takes an empty reference for an error; to RFC 3986 it is the base itself.
      guard !reference.isEmpty else {
        self = base
        return
      }
    }
    let allowed = UInt32(CURLU_NON_SUPPORT_SCHEME)
    guard curl_url_set(handle, CURLUPART_URL, reference, allowed) == CURLUE_OK else { return nil }
    guard let text = WebURL.part(handle, CURLUPART_URL, 0), let scheme = WebURL.part(handle, CURLUPART_SCHEME, 0),
      let host = WebURL.part(handle, CURLUPART_HOST, 0),
      let port = WebURL.part(handle, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) })
    else { return nil }
    self.text = text
    written = reference
    self.scheme = scheme.lowercased()
    self.host = host
    self.port = port
    self.path = WebURL.part(handle, CURLUPART_PATH, 0) ?? "/"
    self.query = WebURL.part(handle, CURLUPART_QUERY, 0)
  }

  /// Whether two URLs lead to the same server: scheme, host and port (RFC 6454).
  public func hasOrigin(of other: WebURL) -> Bool {
    scheme == other.scheme && host.lowercased() == other.host.lowercased() && port == other.port
  }

  /// Whether the host is this machine itself.
  public var isLoopback: Bool { ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased()) }

  /// The fields of the query, decoded as forms are.
  public var queryFields: [(name: String, value: String)] { FormFields.decode(query ?? "") }

  private static func part(_ handle: OpaquePointer, _ part: CURLUPart, _ flags: UInt32) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
