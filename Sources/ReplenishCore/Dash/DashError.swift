/// Why a DRS operation was not done. `requestID` is the service's name for the call, for a support case.
public indirect enum DashError: Error, Equatable {
  /// The access token is expired, revoked or not one: refresh it once and send the request once more. DRS says so with
  /// status **400** and `InvalidTokenException`; 401 is read the same way, though no page documents it.
  case invalidToken(requestID: String?)
  /// 404: the registration has no such slot (or order); read the subscription info anew.
  case slotUnknown(requestID: String?)
  /// 409 of the maker's cloud: no account is linked there for this device. DRS has no such answer.
  case notLinked
  /// Another 4xx: the request will not be accepted however often it is sent.
  case refused(status: Int, message: ServiceText, requestID: String?)
  /// 5xx, 408 or 429: the service could not do it now. `retryAfter` in seconds, if it said so.
  case server(status: Int, retryAfter: Int?, requestID: String?)
  /// No answer of this service, or a success that breaks its rules; the text says where. Nothing in it may be used.
  case malformed(String)

  /// Whether the same request may succeed later, without anybody's doing.
  public var isRetryable: Bool {
    switch self {
    case .server, .malformed: return true
    case .invalidToken, .slotUnknown, .notLinked, .refused: return false
    }
  }

  /// Whether the service may have done what was asked in spite of this answer.
  public var mayHaveTakenEffect: Bool { isRetryable }

  /// What was wrong and what to do, in a sentence for a person. Never holds a secret.
  public var explanation: String {
    switch self {
    case .invalidToken(let id):
      return composed(
        "the service did not accept the access token\(trace(id)); the device refreshes it and tries once more")
    case .slotUnknown(let id):
      return composed(
        "the service knows no such slot or order\(trace(id)); compare the configured slots with the Dash console")
    case .notLinked: return Texts.cloudNotLinked
    case .refused(let status, let message, let id):
      let said: Wording = message.text.isEmpty ? "" : ", saying: \(message.text)"
      return composed("the service refused with status \(status)\(said)\(trace(id))")
    case .server(let status, _, let id):
      return composed("the service could not do it now, status \(status)\(trace(id)); the device tries again by itself")
    case .malformed(let place):
      return composed("what came is no answer of the service: \(place); the device tries again by itself")
    }
  }

  private func trace(_ id: String?) -> Wording {
    guard let id else { return "" }
    return " (request \(id))"
  }
}
