import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The endpoints that programs call: token, device authorization and revocation.
extension OAuthRoutes {
  func token(_ request: Request, _ context: Context) async throws -> Response {
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

  func deviceAuthorization(_ request: Request, _ context: Context) async throws -> Response {
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

  func revoke(_ request: Request, _ context: Context) async throws -> Response {
    try await answer(request, context, .revocation) { form in
      try await server.revoke(form, authorization: request.headers[.authorization])
      await observe(OAuthEvent(kind: .revocation, grant: nil, error: nil), context)
      return [:]
    }
  }

  /// Runs one back-channel request and turns its outcome into JSON (RFC 6749 sections 5.1 and 5.2).
  private func answer(
    _ request: Request, _ context: Context, _ kind: OAuthEvent.Kind,
    _ body: (FormParameters) async throws -> [String: JSONValue]
  ) async throws -> Response {
    do {
      guard let form = try await form(request) else {
        throw OAuthError(
          .invalidRequest, .other, "Send the parameters as a body of type application/x-www-form-urlencoded.")
      }
      return try json(await body(form), status: .ok)
    } catch let error as OAuthError {
      await observe(OAuthEvent(kind: kind, grant: nil, error: error), context)
      let (status, code, description) = server.dialect.render(error)
      var response = try json(
        ["error": .string(code), "error_description": .string(description)], status: .init(code: status))
      if status == 401 && request.headers[.authorization] != nil {
        response.headers[.wwwAuthenticate] = "Basic realm=\"token endpoint\""
      }
      return response
    }
  }

  private func json(_ members: [String: JSONValue], status: HTTPResponse.Status) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(members)
    var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
    headers[.pragma] = "no-cache"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
}

/// The two kinds of values in the answers of the back channel.
enum JSONValue: Encodable {
  case string(String)
  case number(Int)

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .string(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    }
  }
}
