import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import OAuthServer

/// Speaks to Login with Amazon and the replenishment service.
///
/// Redirects are not followed, answers are bounded in size and time, and no token is ever part of an error.
final class AmazonClient: Sendable {
  /// An answer, or why there is none.
  enum Exchange: Sendable {
    case answer(status: UInt, errorType: String?, body: Data)
    /// Something may have reached Amazon, or nothing.
    case none(String)
  }

  let configuration: AmazonConfiguration
  private let http: HTTPClient
  private static let limit = 64 * 1024

  init(_ configuration: AmazonConfiguration) throws {
    self.configuration = configuration
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let pem = configuration.authorities {
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)))
    }
    var settings = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
    settings.timeout.connect = .seconds(10)
    settings.httpVersion = .http1Only
    // What cannot be reached now is tried again by those who know what is at stake, not here.
    settings.connectionPool.retryConnectionEstablishment = false
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
  }

  func shutdown() async throws { try await http.shutdown() }

  /// One exchange.
  func send(
    _ method: HTTPMethod, _ address: String, headers: HTTPHeaders = [:], body: String? = nil
  ) async -> Exchange {
    var request = HTTPClientRequest(url: address)
    request.method = method
    request.headers = headers
    request.headers.replaceOrAdd(name: "Accept", value: "application/json")
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let (http, seconds, prepared) = (http, configuration.deadline, request)
    // The client's own deadline ends with the head of the answer; a body that drips must end in time too, for others
    // count on a lease being longer than an exchange.
    return await withTaskGroup(of: Exchange.self) { group in
      group.addTask { await Self.exchange(prepared, http, seconds) }
      group.addTask {
        try? await Task.sleep(for: .seconds(seconds))
        return .none("the answer was not complete after \(seconds) s")
      }
      let first = await group.next()
      group.cancelAll()
      return first ?? .none("cancelled")
    }
  }

  private static func exchange(
    _ request: HTTPClientRequest, _ http: HTTPClient, _ seconds: Double
  ) async -> Exchange {
    do {
      let deadline = NIODeadline.now() + .milliseconds(Int64(seconds * 1000))
      let response = try await http.execute(request, deadline: deadline)
      let body = try await response.body.collect(upTo: limit)
      return .answer(
        status: response.status.code, errorType: response.headers.first(name: "x-amzn-errortype"),
        body: Data(buffer: body))
    } catch {
      // The description of an HTTP client's error holds no header and no body.
      return .none("\(type(of: error)): \(error)")
    }
  }

  /// A form posted to the token endpoint.
  func post(form fields: [(String, String)], to address: String) async -> Exchange {
    let body = fields.map { "\($0)=\(FormParameters.encode($1))" }.joined(separator: "&")
    return await send(.POST, address, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: body)
  }
}
