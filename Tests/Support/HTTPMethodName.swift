import ReplenishCore

extension HTTPRequest.Method {
  /// As it stands in a request.
  package var name: String {
    switch self {
    case .get: "GET"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    }
  }
}
