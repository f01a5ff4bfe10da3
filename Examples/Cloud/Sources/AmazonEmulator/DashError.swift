import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A refusal in the shape of DRS: a status, `{"message": …}` and the class in `x-amzn-errortype`.
struct DashError: Error {
  var status: HTTPResponse.Status
  var type: String
  var message: String

  /// An access token that is missing, unknown, expired or revoked: 400, not 401.
  static let invalidToken = DashError(status: .badRequest, type: "InvalidTokenException", message: "Invalid token")
  /// No such slot.
  static let noSuchSlot = DashError(status: .notFound, type: "SlotNotFoundException", message: "Slot not found")

  static func invalidRequest(_ message: String) -> DashError {
    DashError(status: .badRequest, type: "InvalidRequestException", message: message)
  }

  /// The answer.
  var response: Response {
    var response = Response.json(["message": message], status: status)
    response.headers[.amznErrorType] = "\(type):http://internal.amazon.com/coral/com.amazon.parkeraccioservice/"
    return response
  }
}

extension HTTPField.Name {
  static var amznErrorType: HTTPField.Name { named("x-amzn-errortype") }
  static var amznRequestID: HTTPField.Name { named("x-amzn-requestid") }
  static var amzDate: HTTPField.Name { named("x-amz-date") }
  static var amznTypeVersion: HTTPField.Name { named("x-amzn-type-version") }
  static var amznAcceptType: HTTPField.Name { named("x-amzn-accept-type") }
  static var amzAccessToken: HTTPField.Name { named("x-amz-access-token") }

  private static func named(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name") }
    return name
  }
}

extension Response {
  /// A JSON answer with sorted keys.
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    guard let data = try? encoder.encode(value) else { return Response(status: .internalServerError) }
    return Response(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
}
