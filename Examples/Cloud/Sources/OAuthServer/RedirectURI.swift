import Foundation
import TextEncodings

/// Decides whether a redirect address is one of a client's registered addresses.
///
/// The comparison is by exact string (RFC 9700 section 2.1), except that a native app on the loopback interface may
/// choose its port at run time (RFC 8252 section 7.3).
public enum RedirectURI {
  /// Whether `candidate` may be used by a client that registered `registered`; a native app is a public client.
  static func isAllowed(_ candidate: String, registered: [String], anyLoopbackPort: Bool) -> Bool {
    guard isWellFormed(candidate) else { return false }
    if registered.contains(candidate) { return true }
    guard anyLoopbackPort, let wanted = loopbackWithoutPort(candidate) else { return false }
    return registered.contains { loopbackWithoutPort($0) == wanted }
  }

  /// An absolute address without a fragment, over https, loopback http, or an app's own scheme (RFC 8252 section 7.1).
  public static func isWellFormed(_ text: String) -> Bool {
    guard !text.contains("#"), text.allSatisfy({ $0.isASCII && !$0.isWhitespace && $0 != "\\" }) else { return false }
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased() else { return false }
    switch scheme {
    case "https": return parts.host?.isEmpty == false && parts.user == nil
    case "http": return isLoopback(parts.host) && parts.user == nil
    case "javascript", "data", "file", "about", "blob": return false
    default: return scheme.contains(".") || text.hasPrefix(scheme + "://")
    }
  }

  /// Adds parameters to the query, keeping what the registered address already had (RFC 6749 section 3.1.2).
  static func adding(_ parameters: [(String, String)], to uri: String) -> String {
    let added = formEncoded(parameters)
    if uri.hasSuffix("?") { return uri + added }
    return uri + (uri.contains("?") ? "&" : "?") + added
  }

  /// The address with its port removed if it is `http` on the loopback interface, else nil.
  private static func loopbackWithoutPort(_ text: String) -> String? {
    guard var parts = URLComponents(string: text), parts.scheme == "http", isLoopback(parts.host) else { return nil }
    parts.port = nil
    return parts.string
  }

  private static func isLoopback(_ host: String?) -> Bool {
    host == "127.0.0.1" || host == "localhost" || host == "[::1]" || host == "::1"
  }
}
