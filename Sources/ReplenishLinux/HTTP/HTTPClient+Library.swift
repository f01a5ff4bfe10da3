import CCurl
import CLinux

extension HTTPClient {
  /// Whether the libcurl of this board was built with TLS and knows `https`, without which no request can be made.
  public static var speaksHTTPS: Bool {
    guard let version = replenish_curl_version()?.pointee, version.features & CURL_VERSION_SSL != 0 else {
      return false
    }
    guard var protocols = version.protocols else { return false }
    while let name = protocols.pointee {
      if strcmp(name, "https") == 0 { return true }
      protocols += 1
    }
    return false
  }
}
