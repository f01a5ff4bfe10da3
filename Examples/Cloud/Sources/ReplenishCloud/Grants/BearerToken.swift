import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The access token of a request to a resource (RFC 6750).
enum BearerToken {
  /// Why a request is refused.
  enum Refusal: Error, Equatable {
    /// It shows no token (section 3.1: then no error is named).
    case none
    /// It shows one in a way that cannot be read.
    case malformed
    /// The token expired, was revoked, or never was one.
    case invalid
    /// The owner did not allow this.
    case insufficient(CloudScope)

    /// Section 3.
    var response: Response {
      var challenge = "Bearer realm=\"replenish-cloud\""
      let (status, error, text): (HTTPResponse.Status, String?, String) =
        switch self {
        case .none: (.unauthorized, nil, "Send an access token as Authorization: Bearer TOKEN.")
        case .malformed:
          (.badRequest, "invalid_request", "Send one header Authorization: Bearer TOKEN, and no other credentials.")
        case .invalid:
          (
            .unauthorized, "invalid_token",
            "The access token expired or was revoked; refresh it or ask for another one."
          )
        case .insufficient(let scope):
          (.forbidden, "insufficient_scope", "This needs the scope \(scope.rawValue), which the owner did not allow.")
        }
      if let error { challenge += ", error=\"\(error)\", error_description=\"\(text)\"" }
      if case .insufficient(let scope) = self { challenge += ", scope=\"\(scope.rawValue)\"" }
      var response = ResourceRoutes.json(["error": error ?? "unauthorized", "error_description": text], status: status)
      response.headers[.wwwAuthenticate] = challenge
      return response
    }
  }

  /// Reads the token from the header; one in the address or in a form is not looked at (RFC 9700 section 4.3.2).
  static func read(_ headers: HTTPFields) throws(Refusal) -> String {
    let fields = headers[values: .authorization]
    guard let field = fields.first else { throw .none }
    let words = field.split(separator: " ", maxSplits: 1)
    guard fields.count == 1, words.first?.lowercased() == "bearer", words.count == 2 else { throw .malformed }
    let token = words[1].trimmingCharacters(in: .whitespaces)
    guard token.wholeMatch(of: /[A-Za-z0-9\-._~+\/]+=*/) != nil else { throw .malformed }
    return token
  }
}
