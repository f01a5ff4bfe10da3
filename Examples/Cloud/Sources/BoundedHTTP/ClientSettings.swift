import AsyncHTTPClient
import NIOCore
import NIOSSL

extension HTTPClient.Configuration {
  /// Settings for requests that carry secrets: TLS 1.2 at least, no redirects, kept connections, nothing sent twice.
  ///
  /// - Parameter authorities: Authorities to trust instead of the system's, as PEM.
  /// - Throws: `NIOSSLError` when there is no certificate in `authorities`.
  public static func bounded(authorities: String? = nil) throws -> Self {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    if let authorities {
      let roots = try NIOSSLCertificate.fromPEMBytes(Array(authorities.utf8))
      guard !roots.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
      tls.trustRoots = .certificates(roots)
    }
    var settings = Self(tlsConfiguration: tls, redirectConfiguration: .disallow)
    settings.timeout.connect = .seconds(10)
    settings.httpVersion = .http1Only
    // What cannot be reached now is tried again by those who know what is at stake, not here.
    settings.connectionPool.retryConnectionEstablishment = false
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    return settings
  }
}
