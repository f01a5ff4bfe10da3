import AsyncHTTPClient
import BoundedHTTP
import Foundation
import Hummingbird
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// One HTTPS call, by the cloud's HTTP client with the cloud's settings: kept connections, TLS 1.2 at least.
struct BareService: Sendable {
  struct Answer: Decodable, Sendable {
    var detailCode: String
    var eventInstanceId: String?
  }

  private static let types = "com.amazon.dash.replenishment.DrsReplenish"

  private let address: String
  private let tokens: [Substring]
  private let http: HTTPClient

  init(address: String, authority: String, tokens: [Substring]) throws {
    self.address = address
    self.tokens = tokens
    http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try .bounded(authorities: authority))
  }

  func shutdown() async throws { try await http.shutdown() }

  func replenish(_ slot: String, device: Int) async throws -> Answer {
    guard tokens.indices.contains(device) else { throw HTTPError(.badRequest) }
    var request = HTTPClientRequest(url: "\(address)/replenish/\(slot)")
    request.method = .POST
    request.headers = [
      "Authorization": "Bearer \(tokens[device])", "Accept": "application/json",
      "x-amzn-type-version": "\(Self.types)Input@1.0", "x-amzn-accept-type": "\(Self.types)Result@1.0",
    ]
    let response = try await http.execute(request, timeout: .seconds(30))
    guard response.status == .ok else { throw HTTPError(.badGateway) }
    return try JSONDecoder().decode(Answer.self, from: try await response.body.collect(upTo: 64 * 1024))
  }
}
