import Foundation
import NIOHTTP1
import OAuthServer
import Testing
import TextEncodings

@testable import ReplenishCloud

/// An app that owners may connect: what it knows of itself, and the requests it makes.
struct App: Sendable {
  static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

  let cloud: CloudFixture.Running
  let id: String
  let secret: String?
  let redirect: String
  let browser: Browser

  /// The parameters of a good authorization request.
  var parameters: [String: String] {
    [
      "client_id": id, "redirect_uri": redirect, "response_type": "code", "scope": "devices:read", "state": "s&t",
      "code_challenge": Self.challenge, "code_challenge_method": "S256",
    ]
  }

  static func query(_ parameters: [String: String]) -> String {
    parameters.map { percentEncoded($0) + "=" + percentEncoded($1) }.sorted().joined(separator: "&")
  }

  /// Where the owner's browser is sent.
  func address(_ change: [String: String?] = [:]) -> String {
    var parameters = parameters
    for (name, value) in change { parameters[name] = value }
    return cloud.pages + "/authorize?" + Self.query(parameters)
  }

  /// Posts the owner's decision; the answer leads to the app.
  func decide(_ decision: String, _ owner: Browser, _ change: [String: String?] = [:]) async throws -> Seen {
    let address = address(change)
    let page = try await owner.get(address)
    try #require(page.status == 200, "\(page.status) \(page.text)")
    return try await owner.send(.POST, address, form: ["csrf": page.formToken(), "decision": decision])
  }

  /// The code that an owner's consent brings.
  func code(_ owner: Browser, _ change: [String: String?] = [:]) async throws -> String {
    let answer = try await decide("allow", owner, change)
    try #require(answer.status == 303, "\(answer.text)")
    return try #require(answer.parameters["code"], "\(answer.location ?? "")")
  }

  /// Sends a form to the back channel with the client's credentials in the body; nil takes a field away.
  func post(_ path: String, _ fields: [String: String?], authorization: String? = nil) async throws -> Seen {
    var form: [String: String] = [:]
    if authorization == nil {
      form["client_id"] = id
      form["client_secret"] = secret
    }
    for (name, value) in fields { form[name] = value }
    var headers = HTTPHeaders()
    if let authorization { headers.add(name: "Authorization", value: authorization) }
    return try await browser.send(.POST, cloud.pages + path, form: form, headers: headers)
  }

  /// The credentials as a header.
  var basic: String {
    let pair = percentEncoded(id) + ":" + percentEncoded(secret ?? "")
    return "Basic " + Data(pair.utf8).base64EncodedString()
  }

  func redeem(_ code: String, _ change: [String: String?] = [:]) async throws -> Seen {
    var fields: [String: String?] = [
      "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": Self.verifier,
    ]
    for (name, value) in change { fields[name] = .some(value) }
    return try await post("/token", fields)
  }

  /// Consent and redemption.
  func connected(_ owner: Browser, _ change: [String: String?] = [:]) async throws -> Tokens {
    try Tokens(try await redeem(code(owner, change)))
  }

  func refresh(_ token: String, _ change: [String: String?] = [:]) async throws -> Seen {
    var fields: [String: String?] = ["grant_type": "refresh_token", "refresh_token": token]
    for (name, value) in change { fields[name] = .some(value) }
    return try await post("/token", fields)
  }

  /// What the resource server answers.
  func devices(_ token: String) async throws -> Seen {
    try await browser.get(cloud.pages + "/v1/devices", headers: ["Authorization": "Bearer " + token])
  }

  func isAlive(_ token: String) async throws -> Bool { try await devices(token).status == 200 }
}

/// What the token endpoint gave.
struct Tokens: Sendable {
  let access: String
  let refresh: String

  init(_ answer: Seen) throws {
    try #require(answer.status == 200, "\(answer.text)")
    access = try #require(answer.members["access_token"] as? String)
    refresh = try #require(answer.members["refresh_token"] as? String)
  }
}

extension Seen {
  /// The query of the address that a redirect leads to.
  var parameters: [String: String] {
    let items = location.flatMap { URLComponents(string: $0)?.queryItems } ?? []
    return Dictionary(items.map { ($0.name, $0.value ?? "") }) { _, last in last }
  }

  /// The error of an answer of the back channel, or of a redirect.
  var error: String? { members["error"] as? String ?? parameters["error"] }
}

extension CloudFixture {
  /// A cloud with an owner who is signed in, and an app that asks for everything.
  func withApp(
    isPublic: Bool = false, redirects: [String] = ["https://hub.example/return"],
    _ test: @Sendable @escaping (App, Browser, Running) async throws -> Void
  ) async throws {
    try await run { cloud in
      let owner = try await cloud.owner()
      try await test(try await cloud.app(isPublic: isPublic, redirects: redirects), owner, cloud)
    }
  }
}

extension CloudFixture.Running {
  /// Enters an app.
  func app(
    _ name: String = "Kitchen Hub", isPublic: Bool = false,
    redirects: [String] = ["https://hub.example/return"], scopes: [CloudScope] = CloudScope.allCases
  ) async throws -> App {
    let (client, secret) = try ClientEntry.draw(
      name: name, redirectURIs: redirects, scopes: scopes.map(\.rawValue), isPublic: isPublic, mayIntrospect: false)
    try #require(try await storage.enter(client, at: clock.now))
    return App(cloud: self, id: client.id, secret: secret, redirect: redirects[0], browser: browser())
  }

  /// Enters a resource server.
  func resourceServer() async throws -> App {
    let (client, secret) = try ClientEntry.draw(
      name: "Gateway", redirectURIs: [], scopes: [], isPublic: false, mayIntrospect: true)
    try #require(try await storage.enter(client, at: clock.now))
    return App(cloud: self, id: client.id, secret: secret, redirect: "", browser: browser())
  }
}
