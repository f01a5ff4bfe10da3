import HTTPTypes
import Hummingbird
import NIOCore

/// Lets only programs on this machine through, and no web page: a page's request carries `Origin`, and a page that
/// had its own name resolved to this machine carries that name as its host.
struct LoopbackOnlyMiddleware: RouterMiddleware {
  typealias Context = EmulatorContext

  func handle(
    _ request: Request, context: EmulatorContext,
    next: (Request, EmulatorContext) async throws -> Response
  ) async throws -> Response {
    guard Self.allows(request, context) else {
      return Response.json(["error": "The control endpoint answers programs on this machine only."], status: .forbidden)
    }
    return try await next(request, context)
  }

  static func allows(_ request: Request, _ context: EmulatorContext) -> Bool {
    isLocal(context) && isLocalHost(request) && request.headers[.origin] == nil
  }

  /// A connection without an address is a test's own.
  static func isLocal(_ context: EmulatorContext) -> Bool {
    guard let address = context.channel.remoteAddress?.ipAddress else { return true }
    return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
  }

  static func isLocalHost(_ request: Request) -> Bool {
    guard let authority = request.head.authority else { return true }
    let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    return ["localhost", "127.0.0.1", "[::1]"].contains(String(host))
  }
}
