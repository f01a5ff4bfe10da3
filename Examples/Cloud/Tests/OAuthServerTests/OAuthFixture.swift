import Foundation
import Synchronization
import Testing

@testable import OAuthServer

/// An authorization server with two clients, one customer, and a clock that stands until it is moved.
final class OAuthFixture: Sendable {
  static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
  static let redirect = "https://app.example/return"

  let storage: InMemoryAuthorizationStorage
  let server: AuthorizationServer

  init(
    _ change: (inout ServerPolicy) -> Void = { _ in }, dialect: OAuthDialect = OAuthDialect(),
    issuer: (@Sendable () -> String)? = nil
  ) {
    storage = InMemoryAuthorizationStorage(clients: [
      .public(
        id: "app", name: "App", redirectURIs: [Self.redirect, "http://127.0.0.1/return"],
        scopes: ["order", "profile"]),
      .public(id: "other", name: "Other", redirectURIs: [Self.redirect], scopes: ["order"]),
      .confidential(
        id: "web", secret: "s:e%c+r t", name: "Web", redirectURIs: ["https://web.example/return?a=1"],
        scopes: ["order"]),
      OAuthClient(
        id: "resources", name: "Resource server", kind: .confidential(secretDigest: SecretDigest("r-secret").bytes),
        redirectURIs: [], scopes: [], mayIntrospect: true),
    ])
    var policy = ServerPolicy()
    change(&policy)
    let clock = StandingClock()
    server = AuthorizationServer(
      storage: storage, devices: storage, issuer: issuer, policy: policy, dialect: dialect, now: { clock.now })
    self.clock = clock
  }

  private let clock: StandingClock

  func wait(_ seconds: Double) { clock.advance(seconds) }

  /// The parameters of a good authorization request.
  var parameters: [String: String] {
    [
      "client_id": "app", "redirect_uri": Self.redirect, "response_type": "code", "scope": "order", "state": "s&t",
      "code_challenge": Self.challenge, "code_challenge_method": "S256",
    ]
  }

  /// The fields of a good redemption.
  func redemption(_ code: String) -> [String: String] {
    [
      "grant_type": "authorization_code", "code": code, "client_id": "app", "redirect_uri": Self.redirect,
      "code_verifier": Self.verifier,
    ]
  }

  /// A code that a person allowed.
  func code(_ change: (inout [String: String]) -> Void = { _ in }) async throws -> String {
    var parameters = parameters
    change(&parameters)
    let request = try await server.authorizationRequest(FormParameters(parameters)).get()
    let location = try await server.allow(request, subject: "alice")
    return try #require(URLComponents(string: location)?.queryItems?.first { $0.name == "code" }?.value)
  }

  func token(_ fields: [String: String], authorization: String? = nil) async throws -> TokenAnswer {
    try await server.token(FormParameters(fields), authorization: authorization)
  }

  func linked() async throws -> TokenAnswer {
    try await token(redemption(code()))
  }

  func refresh(_ token: String, client: String = "app") async throws -> TokenAnswer {
    try await self.token(["grant_type": "refresh_token", "refresh_token": token, "client_id": client])
  }

  /// A code and tokens of the client with a secret, which sends no challenge.
  func linkedWeb() async throws -> TokenAnswer {
    let uri = "https://web.example/return?a=1"
    let code = try await code {
      $0["client_id"] = "web"
      $0["redirect_uri"] = uri
      $0["code_challenge"] = nil
      $0["code_challenge_method"] = nil
    }
    return try await token([
      "grant_type": "authorization_code", "code": code, "redirect_uri": uri, "client_id": "web",
      "client_secret": "s:e%c+r t",
    ])
  }

  func isAlive(_ accessToken: String) async throws -> Bool {
    try await server.authorized(by: accessToken) != nil
  }

  /// The error code of a request that must be refused.
  func refusal(_ work: () async throws -> some Any) async -> OAuthError.Code? {
    do {
      _ = try await work()
      return nil
    } catch let error as OAuthError {
      return error.code
    } catch {
      Issue.record("\(error)")
      return nil
    }
  }
}

/// A clock that stands until it is moved.
final class StandingClock: Sendable {
  private let date = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

  var now: Date { date.withLock { $0 } }

  func advance(_ seconds: Double) { date.withLock { $0 += seconds } }
}
