import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import OAuthServer
import Synchronization
import TextEncodings

/// An answer as a browser or a device sees it.
struct Seen: Sendable {
  var status: UInt
  var headers: HTTPHeaders
  var text: String
  /// Where it came from.
  var address: String

  var location: String? { headers.first(name: "Location") }

  /// A JSON object.
  var members: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:] }

  /// The token of the form that is posted to a path, or of the only form there is.
  func formToken(_ action: String? = nil) -> String {
    let from = action.flatMap { text.range(of: "action=\"\($0)\"")?.upperBound } ?? text.startIndex
    guard let start = text.range(of: "name=\"csrf\" value=\"", range: from..<text.endIndex)?.upperBound else {
      return ""
    }
    return String(text[start...].prefix { $0 != "\"" })
  }
}

/// A browser with cookies and without JavaScript.
final class Browser: Sendable {
  let http: HTTPClient
  private let jar = Mutex<[String: [String: String]]>([:])

  init(_ http: HTTPClient) { self.http = http }

  /// The cookies for an address's host and port.
  func cookies(of address: String) -> [String: String] { jar.withLock { $0[Self.origin(address)] ?? [:] } }

  func setCookie(_ name: String, _ value: String, for address: String) {
    jar.withLock { $0[Self.origin(address), default: [:]][name] = value }
  }

  private static func origin(_ address: String) -> String {
    let url = URL(string: address)
    return "\(url?.host ?? ""):\(url?.port ?? 0)"
  }

  func send(
    _ method: HTTPMethod, _ address: String, form: [String: String]? = nil, headers: HTTPHeaders = [:]
  ) async throws -> Seen {
    var request = HTTPClientRequest(url: address)
    request.method = method
    request.headers = headers
    let cookies = cookies(of: address).map { "\($0)=\($1)" }.joined(separator: "; ")
    if !cookies.isEmpty { request.headers.add(name: "Cookie", value: cookies) }
    if let form {
      if request.headers.first(name: "Content-Type") == nil {
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
      }
      let body = formEncoded(form.map { ($0, $1) })
      request.body = .bytes(ByteBuffer(string: body))
    }
    let response = try await http.execute(request, timeout: .seconds(30))
    for cookie in response.headers[canonicalForm: "Set-Cookie"] {
      let pair = cookie.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
      if pair.count == 2 { setCookie(String(pair[0]), String(pair[1]), for: address) }
    }
    let body = try await response.body.collect(upTo: 1 << 20)
    return Seen(
      status: response.status.code, headers: response.headers, text: String(buffer: body), address: address)
  }

  func get(_ address: String, headers: HTTPHeaders = [:]) async throws -> Seen {
    try await send(.GET, address, headers: headers)
  }

  /// Opens a page and posts its form.
  func post(
    _ address: String, page: String? = nil, _ fields: [String: String], headers: HTTPHeaders = [:]
  ) async throws -> Seen {
    let shown = try await get(page ?? address)
    let path = URL(string: address)?.path
    return try await send(
      .POST, address, form: fields.merging(["csrf": shown.formToken(path)]) { $1 }, headers: headers)
  }
}
