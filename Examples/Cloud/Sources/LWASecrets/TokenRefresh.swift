import BoundedHTTP
import Foundation
import NIOHTTP1
import TextEncodings

/// Asks Login with Amazon for an access token (RFC 6749 section 6).
struct TokenRefresh: Sendable {
  let http: any HTTPSender
  /// What stands in for an address that the credentials do not name.
  let standardAddress: String
  let allowsLoopback: Bool

  func send(_ credentials: LoginCredentials, refreshToken: String) async throws -> TokenAnswer {
    let endpoint = try TokenEndpoint(
      credentials.tokenAddress ?? standardAddress,
      from: credentials.tokenAddress == nil ? "the token address" : "lwa-auth-url", allowsLoopback: allowsLoopback)
    var fields = [
      ("grant_type", "refresh_token"), ("refresh_token", refreshToken), ("client_id", credentials.clientID),
      ("client_secret", credentials.clientSecret),
    ]
    if let scope = credentials.scope { fields.append(("scope", scope)) }
    let body = formEncoded(fields)
    let headers: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"]
    switch await http.send(HTTPCall(.POST, endpoint.address, headers: headers, body: body)) {
    case .none(let reason):
      throw SecretsFailure(.temporary, "no answer from Login with Amazon at \(endpoint.address): \(reason)")
    case .answer(let answer): return TokenAnswer(status: answer.status, body: answer.body)
    }
  }
}
