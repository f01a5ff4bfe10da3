import BoundedHTTP
import Foundation
import NIOHTTP1
import TextEncodings

/// Speaks to Login with Amazon and the replenishment service.
///
/// Redirects are not followed, answers are bounded in size and time, and no token is ever part of an error.
final class AmazonClient: Sendable {
  /// An answer, or why there is none.
  enum Exchange: Sendable {
    /// The error type is fit for a log, and empty where there is none.
    case answer(status: UInt, errorType: String, body: Data)
    /// Something may have reached Amazon, or nothing.
    case none(String)
  }

  let configuration: AmazonConfiguration
  private let http: BoundedHTTPClient

  init(_ configuration: AmazonConfiguration) throws {
    self.configuration = configuration
    http = try BoundedHTTPClient(authorities: configuration.authorities)
  }

  func shutdown() async throws { try await http.shutdown() }

  /// One exchange.
  func send(
    _ method: HTTPMethod, _ address: String, headers: HTTPHeaders = [:], body: String? = nil
  ) async -> Exchange {
    var call = HTTPCall(method, address, headers: headers, body: body, seconds: configuration.deadline)
    call.headers.replaceOrAdd(name: "Accept", value: "application/json")
    return switch await http.send(call) {
    case .none(let reason): .none(reason)
    case .answer(let answer):
      .answer(
        status: answer.status, errorType: Self.errorType(answer.headers.first(name: "x-amzn-errortype")),
        body: answer.body)
    }
  }

  /// The type as a word, without the address that may follow it after a colon.
  private static func errorType(_ header: String?) -> String { word(header.map { String($0.prefix { $0 != ":" }) }) }

  /// A form posted to the token endpoint.
  func post(form fields: [(String, String)], to address: String) async -> Exchange {
    await send(
      .POST, address, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: formEncoded(fields))
  }
}
