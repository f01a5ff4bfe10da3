import BoundedHTTP
import Crypto
import Foundation
import TextEncodings

/// Signature Version 4 of AWS, in the `Authorization` header.
///
/// Source: "Create a signed AWS API request" in the IAM User Guide; tested with the published test suite.
public struct SignatureV4: Sendable {
  /// What is signed.
  public struct Request: Sendable {
    /// The method, in upper case.
    public var method: String
    /// Path and query, as they go out.
    public var target: String
    /// The headers that are signed; `Host` must be one of them.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: Data

    /// Describes a request.
    public init(method: String, target: String, headers: [(name: String, value: String)], body: Data) {
      self.method = method
      self.target = target
      self.headers = headers
      self.body = body
    }
  }

  /// Who signs.
  public var credentials: AWSCredentials
  /// The region.
  public var region: String
  /// The service's name in signatures.
  public var service: String
  /// Whether `.`, `..` and empty segments of the path are resolved; S3 alone wants it otherwise.
  public var normalizesPath = true
  /// Adds the header `x-amz-content-sha256`, which S3 alone needs.
  public var namesBodyDigest = false
  /// Leaves the session token out of what is signed and adds its header afterwards, as some services want it.
  public var addsTokenUnsigned = false

  /// Creates a signer.
  public init(credentials: AWSCredentials, region: String, service: String) {
    self.credentials = credentials
    self.region = region
    self.service = service
  }

  /// The headers to be added to the request.
  public func headers(for request: Request, at date: Date) -> [(name: String, value: String)] {
    let canonical = canonicalRequest(request, at: date)
    let authorization = """
      AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope(at: date)), \
      SignedHeaders=\(canonical.signedHeaders), \
      Signature=\(signature(of: stringToSign(canonical.text, at: date), at: date))
      """
    var added = additions(request, at: date) + [("Authorization", authorization)]
    if addsTokenUnsigned, let token = credentials.sessionToken { added.append(("X-Amz-Security-Token", token)) }
    return added
  }

  // MARK: The three steps, apart for the test suite

  func canonicalRequest(_ request: Request, at date: Date) -> (text: String, signedHeaders: String) {
    let halves = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var values: [String: [String]] = [:]
    for (name, value) in request.headers + additions(request, at: date) {
      values[name.lowercased(), default: []].append(
        value.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }
    let names = values.keys.sorted()
    let lines = names.map { "\($0):\(values[$0, default: []].joined(separator: ","))\n" }.joined()
    let signed = names.joined(separator: ";")
    let text = [
      request.method, canonicalPath(halves[0]), Self.canonicalQuery(halves.count == 2 ? halves[1] : ""), lines, signed,
      Self.digest(request.body),
    ].joined(separator: "\n")
    return (text, signed)
  }

  func stringToSign(_ canonicalRequest: String, at date: Date) -> String {
    ["AWS4-HMAC-SHA256", Self.time(date), scope(at: date), Self.digest(Data(canonicalRequest.utf8))]
      .joined(separator: "\n")
  }

  func signature(of text: String, at date: Date) -> String {
    var key = SymmetricKey(data: Data("AWS4\(credentials.secretAccessKey)".utf8))
    for part in [String(Self.time(date).prefix(8)), region, service, "aws4_request"] {
      key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: key))
    }
    return hexadecimal(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
  }

  // MARK: Parts

  private func scope(at date: Date) -> String { "\(Self.time(date).prefix(8))/\(region)/\(service)/aws4_request" }

  private func additions(_ request: Request, at date: Date) -> [(name: String, value: String)] {
    var added = [(name: "X-Amz-Date", value: Self.time(date))]
    if namesBodyDigest { added.append(("x-amz-content-sha256", Self.digest(request.body))) }
    if !addsTokenUnsigned, let token = credentials.sessionToken { added.append(("X-Amz-Security-Token", token)) }
    return added
  }

  private func canonicalPath(_ path: Substring) -> String {
    guard normalizesPath else { return Self.encoded(path) }
    var segments: [Substring] = []
    for segment in path.split(separator: "/") where segment != "." {
      if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
    }
    let isFolder = path.hasSuffix("/") || path.hasSuffix("/.") || path.hasSuffix("/..")
    return Self.encoded("/" + segments.joined(separator: "/")) + (isFolder && !segments.isEmpty ? "/" : "")
  }

  private static func encoded(_ path: some StringProtocol) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).map { percentEncoded($0) }.joined(separator: "/")
  }

  private static func canonicalQuery(_ query: Substring) -> String {
    query.split(separator: "&").map { pair in
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let (name, value) = (String(halves[0]), halves.count == 2 ? String(halves[1]) : "")
      // What is escaped already is not escaped twice.
      return (
        name: percentEncoded(name.removingPercentEncoding ?? name),
        value: percentEncoded(value.removingPercentEncoding ?? value)
      )
    }.sorted { ($0.name, $0.value) < ($1.name, $1.value) }.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  /// A time as signatures have it, such as `20150830T123600Z`.
  static func time(_ date: Date) -> String {
    var seconds = time_t(date.timeIntervalSince1970)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    return String(
      format: "%04d%02d%02dT%02d%02d%02dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
      parts.tm_min, parts.tm_sec)
  }

  private static func digest(_ data: Data) -> String { hexadecimal(SHA256.hash(data: data)) }
}
