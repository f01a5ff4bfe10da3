import HTTPTypes
import Hummingbird

/// A refusal as rest-json writes it: a status, the class in `x-amzn-errortype`, and `{"Message": …}`.
struct ManagedError: Error, Equatable {
  var status: HTTPResponse.Status
  var type: String
  var message: String
  var resource: Resource?

  struct Resource: Equatable {
    var type: String
    var id: String
  }

  static func validation(_ message: String) -> ManagedError {
    ManagedError(status: .badRequest, type: "ValidationException", message: message)
  }

  static func accessDenied(_ message: String) -> ManagedError {
    ManagedError(status: .forbidden, type: "AccessDeniedException", message: message)
  }

  static func conflict(_ message: String) -> ManagedError {
    ManagedError(status: .conflict, type: "ConflictException", message: message)
  }

  static func notFound(_ type: String, _ id: String) -> ManagedError {
    ManagedError(
      status: .notFound, type: "ResourceNotFoundException", message: "There is no such \(type).",
      resource: Resource(type: type, id: id))
  }

  /// The answer.
  var response: Response {
    let body = JSONValue.members([
      "Message": message.json, "ResourceId": resource?.id.json, "ResourceType": resource?.type.json,
    ])
    var response = Response.json(body, status: status)
    response.headers[.amznErrorType] = type
    return response
  }
}
