import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// An HTTP client for requests that carry secrets.
///
/// TLS 1.2 at least, redirects are not followed, answers are bounded in size and time, nothing is sent twice.
public final class BoundedHTTPClient: HTTPSender {
  private let http: HTTPClient
  private let limit: Int

  /// Creates a client. It ends with its last user, or with `shutdown`.
  ///
  /// - Parameters:
  ///   - authorities: Authorities to trust instead of the system's, as PEM.
  ///   - limit: The longest body of an answer, in bytes.
  public init(authorities: String? = nil, limit: Int = 64 * 1024) throws {
    http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try .bounded(authorities: authorities))
    self.limit = limit
  }

  deinit { http.shutdown { _ in } }

  /// Ends the client and waits for that.
  public func shutdown() async throws { try await http.shutdown() }

  /// One exchange.
  public func send(_ call: HTTPCall) async -> HTTPExchange {
    var request = HTTPClientRequest(url: call.address)
    request.method = call.method
    request.headers = call.headers
    if let body = call.body { request.body = .bytes(ByteBuffer(string: body)) }
    let (http, limit, seconds, prepared) = (http, limit, call.seconds, request)
    return await within(seconds, orElse: .none("the answer was not complete after \(seconds) s")) {
      await Self.exchange(prepared, http, seconds, limit)
    }
  }

  private static func exchange(
    _ request: HTTPClientRequest, _ http: HTTPClient, _ seconds: Double, _ limit: Int
  ) async -> HTTPExchange {
    do {
      let deadline = NIODeadline.now() + .milliseconds(Int64(seconds * 1000))
      let response = try await http.execute(request, deadline: deadline)
      let body = try await response.body.collect(upTo: limit)
      return .answer(
        HTTPAnswer(status: response.status.code, headers: response.headers, body: Data(buffer: body)))
    } catch {
      // The description of an HTTP client's error holds no header and no body.
      return .none("\(type(of: error)): \(error)")
    }
  }
}
