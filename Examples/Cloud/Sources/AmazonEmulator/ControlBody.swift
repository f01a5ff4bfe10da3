import Foundation
import Hummingbird
import NIOCore

/// A mistake in a control request.
struct ControlError: Error {
  var message: String
}

/// The bodies of control requests.
enum ControlBody {
  /// Decodes a JSON body; an empty one counts as `{}`.
  static func with<Body: Decodable>(
    _ type: Body.Type, _ request: Request, _ work: (Body) async throws -> Response
  ) async throws -> Response {
    do {
      var body = try await request.body.collect(upTo: 1024 * 1024)
      if body.readableBytes == 0 { body.writeString("{}") }
      let value: Body
      do {
        value = try JSONDecoder().decode(type, from: Data(body.readableBytesView))
      } catch {
        throw ControlError(message: "the body does not fit: \(Self.explain(error))")
      }
      return try await work(value)
    } catch let error as ControlError {
      return Response.json(["error": error.message], status: .badRequest)
    } catch let error as NotificationPublisher.Mistake {
      return Response.json(["error": error.message], status: .badRequest)
    }
  }

  private static func explain(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
    default: "it is not JSON"
    }
  }
}
