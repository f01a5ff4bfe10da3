import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// What a device is told of a press.
struct PressAnswer: Encodable {
  var id: String
  var slot: String
  var state: String
  var reason: String?
  var detailCode: String?
  var eventInstanceId: String?

  init(_ press: Press) {
    id = press.id
    slot = press.slot
    state = press.state.rawValue
    reason = press.reason
    detailCode = press.detailCode
    eventInstanceId = press.eventInstanceID
  }

  /// 200 when nothing can change any more, else 202 and when to ask again.
  static func response(_ press: Press) -> Response {
    var response = Response.json(PressAnswer(press), status: press.state.isFinal ? .ok : .accepted)
    if !press.state.isFinal { response.headers[.retryAfter] = "5" }
    return response
  }
}

/// What a device is told of itself.
struct DeviceAnswer: Encodable {
  var model: String
  var serial: String
  var claimed: Bool
  var linked: Bool
}

extension Response {
  /// A JSON answer with sorted keys.
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else { return Response(status: .internalServerError) }
    return Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(data: data)))
  }

  /// A refusal: `{"error": …}`.
  static func problem(_ status: HTTPResponse.Status, _ error: String) -> Response {
    json(["error": error], status: status)
  }
}
