import Hummingbird
import OAuthServer

/// LWA's customer profile.
struct ProfileRoutes: Sendable {
  let server: AuthorizationServer
  let customers: [EmulatorConfiguration.Customer]

  func add(to router: Router<EmulatorContext>) {
    router.get("/user/profile") { request, context in try await profile(request, context) }
  }

  private func profile(_ request: Request, _ context: EmulatorContext) async throws -> Response {
    guard let token = Self.token(request) else {
      return refuse("invalid_request", "The request is missing a required parameter : access_token", context)
    }
    guard let (grant, scope) = try await server.authorized(by: token),
      let customer = customers.first(where: { $0.email == grant.subject })
    else { return refuse("invalid_token", "The request has an invalid parameter : access_token", context) }
    var members: [String: String] = [:]
    if scope.words.contains("profile") || scope.words.contains("profile:user_id") {
      members["user_id"] = customer.userID
    }
    if scope.words.contains("profile") {
      members["email"] = customer.email
      members["name"] = customer.name
    }
    if scope.words.contains("postal_code") { members["postal_code"] = customer.postalCode }
    guard !members.isEmpty else {
      return refuse("insufficient_scope", "The access token does not allow the profile.", context)
    }
    context.note.set { $0.result = "ok" }
    return .json(members)
  }

  /// The access token in one of the three places LWA allows.
  private static func token(_ request: Request) -> String? {
    if let token = request.headers[.amzAccessToken] { return token }
    if let words = request.headers[.authorization]?.split(separator: " ", maxSplits: 1), words.count == 2,
      words[0].lowercased() == "bearer"
    {
      return String(words[1])
    }
    return FormParameters(urlEncoded: request.uri.query ?? "")?["access_token"]
  }

  private func refuse(_ error: String, _ description: String, _ context: EmulatorContext) -> Response {
    context.note.set { $0.result = error }
    return .json(
      ["error": error, "error_description": description, "request_id": context.id], status: .badRequest)
  }
}
