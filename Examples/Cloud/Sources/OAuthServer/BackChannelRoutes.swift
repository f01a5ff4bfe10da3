import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Puts the endpoints that programs call on a router: token, device authorization, revocation, introspection, metadata.
///
/// A program with login and consent pages of its own uses these alone; `OAuthRoutes` adds pages.
public struct BackChannelRoutes<Context: RequestContext>: Sendable {
  let server: AuthorizationServer
  let paths: OAuthPaths
  let publicAddress: @Sendable () -> String
  let scopes: [String]?
  let throttle: BackChannelThrottle<Context>?
  let observe: @Sendable (OAuthEvent, Context) async -> Void

  /// Creates the routes.
  ///
  /// - Parameters:
  ///   - server: The rules.
  ///   - paths: Where the endpoints are.
  ///   - publicAddress: The server's own address without a final slash, such as `https://auth.example.org`.
  ///   - scopes: The scopes that the metadata name; nil names none.
  ///   - throttle: Who slows guessing down; nil for a server that nobody attacks, such as one for tests.
  ///   - observe: Told of every request's outcome.
  public init(
    server: AuthorizationServer, paths: OAuthPaths, publicAddress: @escaping @Sendable () -> String,
    scopes: [String]? = nil, throttle: BackChannelThrottle<Context>? = nil,
    observe: @escaping @Sendable (OAuthEvent, Context) async -> Void = { _, _ in }
  ) {
    self.server = server
    self.paths = paths
    self.publicAddress = publicAddress
    self.scopes = scopes
    self.throttle = throttle
    self.observe = observe
  }

  /// Adds the endpoints to a router.
  public func add(to router: some RouterMethods<Context>) {
    for path in paths.token {
      router.post(RouterPath(path)) { try await token($0, $1) }
    }
    if let path = paths.revoke {
      router.post(RouterPath(path)) { try await revoke($0, $1) }
    }
    if let path = paths.introspect {
      router.post(RouterPath(path)) { try await introspect($0, $1) }
    }
    if let path = paths.deviceAuthorization, server.devices != nil {
      router.post(RouterPath(path)) { try await deviceAuthorization($0, $1) }
    }
    if let path = paths.metadata {
      router.get(RouterPath(path)) { _, _ in
        try Self.json(ServerMetadata(server, paths: paths, address: publicAddress(), scopes: scopes), status: .ok)
      }
    }
  }

  private func token(_ request: Request, _ context: Context) async throws -> Response {
    try await answer(request, context, .token) { form in
      let answer = try await server.token(form, authorization: request.headers[.authorization])
      await observe(OAuthEvent(kind: .token, grant: answer.grant, error: nil), context)
      var members: [String: JSONValue] = [
        "access_token": .string(answer.accessToken), "refresh_token": .string(answer.refreshToken),
        "token_type": .string(server.dialect.tokenType), "expires_in": .number(answer.expiresIn),
      ]
      if server.dialect.answersWithScope { members["scope"] = .string(answer.scope.description) }
      return members
    }
  }

  private func deviceAuthorization(_ request: Request, _ context: Context) async throws -> Response {
    try await answer(request, context, .deviceAuthorization) { form in
      let answer = try await server.startDeviceAuthorization(form, authorization: request.headers[.authorization])
      await observe(OAuthEvent(kind: .deviceAuthorization, grant: nil, error: nil), context)
      return [
        "device_code": .string(answer.deviceCode), "user_code": .string(answer.userCode),
        "verification_uri": .string(publicAddress() + paths.code), "expires_in": .number(answer.expiresIn),
        "interval": .number(answer.interval),
      ]
    }
  }

  private func revoke(_ request: Request, _ context: Context) async throws -> Response {
    try await answer(request, context, .revocation) { form in
      try await server.revoke(form, authorization: request.headers[.authorization])
      await observe(OAuthEvent(kind: .revocation, grant: nil, error: nil), context)
      return [:]
    }
  }

  private func introspect(_ request: Request, _ context: Context) async throws -> Response {
    try await answer(request, context, .introspection) { form in
      let found = try await server.introspect(form, authorization: request.headers[.authorization])
      await observe(OAuthEvent(kind: .introspection, grant: found?.grant, error: nil), context)
      // RFC 7662 section 2.2: nothing more is said of a token that is not alive.
      guard let found else { return ["active": .bool(false)] }
      return [
        "active": .bool(true), "scope": .string(found.scope.description), "client_id": .string(found.grant.clientID),
        "sub": .string(found.grant.subjectIdentifier), "iss": .string(server.issuer?() ?? publicAddress()),
        "token_type": .string(server.dialect.tokenType), "exp": .number(Int(found.expiresAt.timeIntervalSince1970)),
      ]
    }
  }

  /// Runs one back-channel request and turns its outcome into JSON (RFC 6749 sections 5.1 and 5.2).
  private func answer(
    _ request: Request, _ context: Context, _ kind: OAuthEvent.Kind,
    _ body: (FormParameters) async throws -> [String: JSONValue]
  ) async throws -> Response {
    var claimed: String?
    do {
      guard let form = try await request.formParameters(upTo: 64 * 1024) else {
        throw OAuthError(
          .invalidRequest, .other, "Send the parameters as a body of type application/x-www-form-urlencoded.")
      }
      claimed = AuthorizationServer.claimedClient(form, authorization: request.headers[.authorization])
      if let throttle, let claimed, let seconds = try await throttle.wait(claimed, request, context) {
        var response = try await refusal(.tooManyGuesses(seconds: seconds), request, context, kind)
        response.headers[.retryAfter] = "\(seconds)"
        return response
      }
      return try Self.json(await body(form), status: .ok)
    } catch let error as OAuthError {
      if let throttle, let claimed, let client = try await server.guessed(at: claimed, error) {
        try await throttle.note(client, request, context)
      }
      return try await refusal(error, request, context, kind)
    }
  }

  private func refusal(
    _ error: OAuthError, _ request: Request, _ context: Context, _ kind: OAuthEvent.Kind
  ) async throws -> Response {
    await observe(OAuthEvent(kind: kind, grant: nil, error: error), context)
    let (status, code, description) = server.dialect.render(error)
    var response = try Self.json(
      ["error": .string(code), "error_description": .string(description)] as [String: JSONValue],
      status: .init(code: status))
    if status == 401 && request.headers[.authorization] != nil {
      response.headers[.wwwAuthenticate] = "Basic realm=\"token endpoint\""
    }
    return response
  }

  private static func json(_ value: some Encodable, status: HTTPResponse.Status) throws -> Response {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(value)
    var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
    headers[.pragma] = "no-cache"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
}

extension Request {
  /// The form in the body; nil when it is not a form.
  ///
  /// - Parameter limit: How many bytes it may have; a longer one throws `NIOTooManyBytesError`.
  public func formParameters(upTo limit: Int) async throws -> FormParameters? {
    let type = headers[.contentType]?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    guard type == "application/x-www-form-urlencoded" else { return nil }
    return FormParameters(urlEncoded: String(buffer: try await body.collect(upTo: limit)))
  }
}

/// The kinds of values in the answers of the back channel.
enum JSONValue: Encodable {
  case string(String)
  case number(Int)
  case bool(Bool)

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .string(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .bool(let isTrue): try container.encode(isTrue)
    }
  }
}
