/// Why a DRS operation was not done.
public enum DashError: Error, Equatable {
  /// The access token is expired, revoked or not one: refresh it once and send the request once more. DRS says so with
  /// status **400** and `InvalidTokenException`; 401 is read the same way, though no page documents it.
  case invalidToken(requestID: ServiceText?)
  /// 404: the registration has no such slot (or order); read the subscription info anew.
  case slotUnknown(requestID: ServiceText?)
  /// Another 4xx: the request will not be accepted however often it is sent.
  case refused(status: Int, message: ServiceText, requestID: ServiceText?)
  /// 5xx, 408, 429 or an unexpected status: the service could not do it now. `retryAfter` in seconds, if it said so.
  case server(status: Int, retryAfter: Int?, requestID: ServiceText?)
  /// A success whose answer is not one of this service; the text says where it is wrong. Nothing in it may be used.
  case malformed(String)

  /// Whether the same request may succeed later, without anybody's doing.
  public var isRetryable: Bool {
    switch self {
    case .server, .malformed: return true
    case .invalidToken, .slotUnknown, .refused: return false
    }
  }

  /// Whether the service may have done what was asked in spite of this answer.
  public var mayHaveTakenEffect: Bool { isRetryable }
}
