import CCurl
import ReplenishCore

extension TransportFailure {
  /// What an error of libcurl means.
  ///
  /// - Parameter requestBytes: how many bytes of the request libcurl handed to TLS (`CURLINFO_REQUEST_SIZE`), over every
  ///   connection that it tried. Zero is the one proof that the service cannot have acted: an incomplete TLS record says
  ///   nothing to a server, and libcurl counts whole ones.
  init(_ code: CURLcode, requestBytes: Int, isTooLarge: Bool) {
    let wasSent = requestBytes != 0
    self.init(
      isTooLarge ? .answerTooLarge : TransportFailure.reason(code, wasSent: wasSent), mayHaveBeenSent: wasSent)
  }

  private static func reason(_ code: CURLcode, wasSent: Bool) -> Reason {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved
    case CURLE_COULDNT_CONNECT: .notConnected
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: .certificateRefused
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED, CURLE_SSL_SHUTDOWN_FAILED: .tlsFailed
    case CURLE_FILESIZE_EXCEEDED: .answerTooLarge
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL,
      CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_ENGINE_NOTFOUND, CURLE_READ_ERROR, CURLE_ABORTED_BY_CALLBACK:
      .local
    default: wasSent ? .broken : .notConnected
    }
  }
}
