/// What became of one ``HTTPRequest``.
public indirect enum HTTPOutcome {
  /// The service answered, whole.
  case answered(HTTPAnswer)
  /// No whole answer came.
  case failed(TransportFailure)
}

/// An answer, as far as the core reads it.
public final class HTTPAnswer {
  /// The status code.
  public let status: Int
  /// The value of `Content-Type`; nil if absent.
  public let contentType: String?
  /// The value of `x-amzn-errortype`, by which DRS names the class of an error; nil if absent.
  public let errorType: String?
  /// The value of `x-amzn-requestid`, for a support case; nil if absent.
  public let requestID: String?
  /// The seconds of `Retry-After`; nil if absent or a date.
  public let retryAfter: Int?
  /// The body; it may hold tokens.
  public let body: Secret

  /// Makes an answer.
  public init(
    status: Int, contentType: String? = nil, errorType: String? = nil, requestID: String? = nil, retryAfter: Int? = nil,
    body: Secret
  ) {
    self.status = status
    self.contentType = contentType
    self.errorType = errorType
    self.requestID = requestID
    self.retryAfter = retryAfter
    self.body = body
  }
}

/// Why no whole answer came, and whether the service may have acted all the same.
public struct TransportFailure: Error, Equatable {
  /// The kind of failure, for a person to act on.
  public enum Reason: Equatable, Sendable {
    /// The host name does not resolve.
    case nameNotResolved
    /// No connection: refused, unreachable or timed out before it stood.
    case notConnected
    /// The server's certificate is not trusted, not for this host, or not valid now.
    case certificateRefused
    /// TLS failed in another way.
    case tlsFailed
    /// The connection broke, or the time ran out, after it stood.
    case broken
    /// The answer was larger than the device accepts.
    case answerTooLarge
    /// The device could not make the request, for want of memory for instance.
    case local
  }

  /// The kind of failure.
  public let reason: Reason
  /// Whether bytes of the request may have reached the service. False only where that is certain.
  public let mayHaveBeenSent: Bool

  /// Makes a failure.
  public init(_ reason: Reason, mayHaveBeenSent: Bool) {
    self.reason = reason
    self.mayHaveBeenSent = mayHaveBeenSent
  }
}
