import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OAuthServer

/// The control plane of managed integrations, and where browsers come back to. It stands in front of the router, for an
/// identifier may have any sign in it.
struct ManagedRoutes: Sendable {
  let managed: ManagedIntegrations
  let pages: PageLibrary
  let region: String
  /// The longest body, in bytes.
  private static let limit = 256 * 1024

  func respond(to request: Request, _ context: EmulatorContext) async throws -> Response? {
    if request.method == .get, request.uri.path == Unverified.callbackPath {
      return await arrive(request, context)
    }
    guard let (operation, identifier) = ManagedOperation.named(request.method, request.uri.path) else { return nil }
    do {
      try SignatureHeaders.check(request.headers, region: region)
      let answer = try await managed.perform(
        operation, identifier, query: try Self.query(request), body: try await Self.body(request))
      context.note.set { $0.result = "ok" }
      guard let answer else { return Response(status: operation.status) }
      return Response.json(answer, status: operation.status)
    } catch let error as ManagedError {
      context.note.set { $0.result = error.type }
      return error.response
    }
  }

  private static func query(_ request: Request) throws -> [String: JSONValue] {
    guard let query = FormParameters(urlEncoded: request.uri.query ?? ""), query.repeated.isEmpty else {
      throw ManagedError.validation("The query string is not valid.")
    }
    var found: [String: JSONValue] = [:]
    for name in ["ConnectorDestinationId", "CloudConnectorId", "ManagedThingId", "AccountAssociationId"]
      + ["Type", "LambdaArn", "NextToken", "Force"]
    {
      found[name] = query[name]?.json
    }
    // A number in a query string is text.
    found["MaxResults"] = query["MaxResults"].map { text in Double(text).map(JSONValue.number) ?? .string(text) }
    return found
  }

  private static func body(_ request: Request) async throws -> JSONValue {
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: limit)
    } catch is NIOTooManyBytesError {
      throw ManagedError.validation("The body is longer than \(limit) bytes.")
    }
    guard body.readableBytes > 0 else { return .object([:]) }
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView)) else {
      throw ManagedError.validation("The body is not JSON.")
    }
    return value
  }

  private func arrive(_ request: Request, _ context: EmulatorContext) async -> Response {
    let query = FormParameters(urlEncoded: request.uri.query ?? "") ?? FormParameters([:])
    switch await managed.arrive(query) {
    case .redirect(let address):
      context.note.set { $0.result = "back to the app" }
      return PageLibrary.redirect(to: address)
    case .page(let title, let message, let isGood):
      context.note.set { $0.result = title }
      return pages.message(message, title: title, status: isGood ? .ok : .badRequest)
    }
  }
}
