import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOFoundationCompat

/// Where Amazon's notification service posts to.
struct NotificationRoute: Sendable {
  static let path = "/notifications/amazon"
  /// A message of DRS has a few hundred bytes.
  static let bodyLimit = 64 * 1024

  /// Nil where no topic is configured.
  let desk: NotificationDesk?
  let logger: Logger

  func add(to router: Router<CloudContext>) {
    router.post(RouterPath(Self.path)) { request, _ in await answer(request) }
  }

  private func answer(_ request: Request) async -> Response {
    guard let desk else { return Response.problem(.notFound, "noTopic") }
    // Raw delivery leaves the envelope away, and with it the signature.
    guard request.headers[.snsRawDelivery] == nil else {
      logger.warning("a notification was refused: raw delivery is on; switch it off at the subscription")
      return Response.problem(.badRequest, "rawDelivery")
    }
    let type = request.headers[.contentType]?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    guard type == "text/plain" || type == "application/json" else {
      return Response.problem(.unsupportedMediaType, "malformed")
    }
    do {
      let body = try await request.body.collect(upTo: Self.bodyLimit)
      switch try await desk.take(Data(buffer: body)) {
      case .done: return Response.json([String: String]())
      case .malformed: return Response.problem(.badRequest, "malformed")
      case .forbidden: return Response.problem(.forbidden, "forbidden")
      case .unavailable: return Response.problem(.serviceUnavailable, "unavailable")
      }
    } catch is NIOTooManyBytesError {
      return Response.problem(.contentTooLarge, "tooLong")
    } catch {
      logger.error("notifications: \(error)")
      return Response.problem(.internalServerError, "failed")
    }
  }
}
