import CCompanion
import ReplenishCore

/// Pages over HTTPS, by libcurl. It keeps cookies in memory.
public final class WebClient: WebPages {
  /// The longest page that is read, in bytes.
  public static let longestPage = 1 << 20

  private let handle: UnsafeMutableRawPointer

  /// Makes a client that trusts the system's certificate authorities, or only those in a PEM file.
  public init(authorities: String? = nil) throws(LinkingFailure) {
    guard let handle = curl_easy_init() else { throw LinkingFailure(.webUnreachable, "libcurl could not be started") }
    self.handle = handle
    _ = companion_curl_set_text(handle, CURLOPT_COOKIEFILE, "")  // keep cookies, in memory only
    _ = companion_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "https")
    _ = companion_curl_set_long(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    _ = companion_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    _ = companion_curl_set_long(handle, CURLOPT_TIMEOUT, 30)
    _ = companion_curl_set_text(handle, CURLOPT_USERAGENT, "replenish-companion")
    if let authorities { _ = companion_curl_set_text(handle, CURLOPT_CAINFO, authorities) }
  }

  deinit { curl_easy_cleanup(handle) }

  /// Fetches a page.
  public func get(_ url: WebURL) throws(LinkingFailure) -> WebPage {
    _ = companion_curl_set_long(handle, CURLOPT_HTTPGET, 1)
    return try perform(url)
  }

  /// Posts a form.
  public func post(_ url: WebURL, form: Secret) throws(LinkingFailure) -> WebPage {
    _ = companion_curl_set_long(handle, CURLOPT_POST, 1)
    _ = companion_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, form.count)
    let answer: Result<WebPage, LinkingFailure> = form.withBytes { bytes in
      // libcurl reads the form where it lies, and must not once it is gone.
      _ = companion_curl_set_pointer(handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      defer { _ = companion_curl_set_pointer(handle, CURLOPT_POSTFIELDS, nil) }
      do throws(LinkingFailure) { return .success(try perform(url)) } catch { return .failure(error) }
    }
    return try answer.get()
  }

  private final class Page {
    var bytes: [UInt8] = []
  }

  private func perform(_ url: WebURL) throws(LinkingFailure) -> WebPage {
    let page = Page()
    _ = companion_curl_set_text(handle, CURLOPT_URL, url.text)
    _ = companion_curl_set_pointer(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(page).toOpaque())
    _ = companion_curl_set_writer(handle) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let page = Unmanaged<Page>.fromOpaque(context).takeUnretainedValue()
      guard page.bytes.count + size * count <= WebClient.longestPage else { return 0 }
      page.bytes += UnsafeRawBufferPointer(start: bytes, count: size * count)
      return size * count
    }
    let code = withExtendedLifetime(page) { curl_easy_perform(handle) }
    guard code == CURLE_OK else { throw failure(code, url) }

    var status = 0
    _ = companion_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
    var location: UnsafeMutablePointer<CChar>?
    _ = companion_curl_get_text(handle, CURLINFO_REDIRECT_URL, &location)
    return WebPage(
      status: status, url: url, location: location.flatMap { WebURL(String(cString: $0)) },
      text: String(decoding: page.bytes, as: UTF8.self))
  }

  // Names the server and not the whole address, whose query may hold a code.
  private func failure(_ code: CURLcode, _ url: WebURL) -> LinkingFailure {
    let place = "\(url.scheme)://\(url.host):\(url.port)"
    switch code {
    case CURLE_SSL_CACERT_BADFILE:
      return LinkingFailure(
        .webUnreachable,
        "the certificate authorities cannot be read; --ca-file wants a PEM file, and the right to read it")
    case CURLE_PEER_FAILED_VERIFICATION:
      return LinkingFailure(
        .webUnreachable,
        "the certificate of \(place) is not trusted (\(String(cString: curl_easy_strerror(code)))); "
          + "for the local stand-in, name its authority with --ca-file")
    case CURLE_UNSUPPORTED_PROTOCOL:
      return LinkingFailure(.webUnreachable, "\(place) is not HTTPS, and a login is sent nowhere else")
    case CURLE_WRITE_ERROR:
      return LinkingFailure(.webUnreachable, "\(place) sent a page of more than \(WebClient.longestPage) bytes")
    default:
      return LinkingFailure(
        .webUnreachable, "\(place) cannot be reached: \(String(cString: curl_easy_strerror(code)))")
    }
  }
}
