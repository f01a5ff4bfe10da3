import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOFoundationCompat

/// Where envelopes are posted to: by the Lambda function that stands at AWS (`replenish-connector`), or by the stand-in
/// for managed integrations on this machine.
struct ConnectorRoute: Sendable {
  static let path = "/connector"

  let desk: ConnectorDesk
  let logger: Logger

  func router() -> Router<CloudContext> {
    let router = Router(context: CloudContext.self)
    router.post(RouterPath(Self.path)) { request, _ in await answer(request) }
    return router
  }

  /// An answer of the connector is always 200, with its own code inside; other statuses ask for another try.
  private func answer(_ request: Request) async -> Response {
    let type = request.headers[.contentType]?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    guard type == "application/json" else { return .problem(.unsupportedMediaType, "malformed") }
    do {
      let body = try await request.body.collect(upTo: ConnectorEnvelope.limit)
      let answer = try await desk.answer(Data(buffer: body), bearer: try Self.bearer(request))
      return .json(answer.body)
    } catch is NIOTooManyBytesError {
      return .problem(.contentTooLarge, "tooLong")
    } catch is NoBearer {
      return .problem(.unauthorized, "noBearer")
    } catch {
      logger.error("connector: \(error)")
      return .problem(.serviceUnavailable, "internal")
    }
  }

  private struct NoBearer: Error {}

  /// The token of an `Authorization` header (RFC 6750 section 2.1); nil when there is none.
  private static func bearer(_ request: Request) throws -> String? {
    guard let header = request.headers[.authorization] else { return nil }
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer" else { throw NoBearer() }
    return String(words[1])
  }
}
