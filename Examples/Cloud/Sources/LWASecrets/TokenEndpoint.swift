import Foundation

/// Which token endpoints get a client secret.
///
/// The address may come out of a secret, and whoever can write that secret could have the client secret sent anywhere. So
/// it is held to https, to Amazon's hosts and to their port.
public struct TokenEndpoint: Sendable {
  /// LWA's hosts in North America, Europe and the Far East.
  public static let hosts: Set = ["api.amazon.com", "api.amazon.co.uk", "api.amazon.co.jp"]
  /// LWA's token endpoint in North America, which a configuration without an address means.
  public static let standard = "https://api.amazon.com/auth/o2/token"

  private static let loopback: Set = ["localhost", "127.0.0.1", "[::1]"]

  /// The address, fit to be asked.
  public let address: String

  /// Checks an address.
  ///
  /// - Parameters:
  ///   - text: The address, such as `https://api.amazon.com/auth/O2/token`.
  ///   - source: Where it was found, for the error.
  ///   - allowsLoopback: For development: this machine too, on any port. Still https.
  public init(_ text: String, from source: String, allowsLoopback: Bool = false) throws {
    // Stricter than the grammar of addresses: what is not plain is not looked at, so that nobody can read it in another way.
    guard
      let parts = text.wholeMatch(of: /([A-Za-z]+):\/\/([A-Za-z0-9.-]+|\[::1\])(:[0-9]{1,5})?(\/[A-Za-z0-9\/._~-]*)?/),
      parts.1.lowercased() == "https"
    else {
      throw SecretsFailure(
        .configuration, "\(source) is not https://HOST/PATH, without user, query or fragment; nothing was sent")
    }
    let host = parts.2.lowercased()
    let port = parts.3.map(String.init) ?? ""
    let isAmazon = Self.hosts.contains(host) && (port.isEmpty || port == ":443")
    guard isAmazon || (allowsLoopback && Self.loopback.contains(host)) else {
      throw SecretsFailure(
        .configuration,
        """
        \(source) leads to \(host.prefix(80))\(port), which is none of Amazon's: \
        \(Self.hosts.sorted().joined(separator: ", ")); nothing was sent
        """)
    }
    address = "https://\(host)\(port)\(parts.4 ?? "/")"
  }
}
