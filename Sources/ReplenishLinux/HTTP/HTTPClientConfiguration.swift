/// How an ``HTTPClient`` trusts, waits and bounds.
public struct HTTPClientConfiguration {
  /// A PEM file of the certificate authorities to trust; nil for the system's.
  public var certificateFile: String?
  /// A folder of hashed certificates to trust; nil for the system's, or none if ``certificateFile`` is given.
  public var certificateFolder: String?
  /// The longest time until the connection stands, TLS included, in milliseconds.
  public var connectLimit = 15_000
  /// The longest time for a whole request, in milliseconds.
  public var totalLimit = 30_000
  /// The largest header section of an answer in bytes.
  public var maximumHeader = 16_384
  /// The largest body of an answer in bytes.
  public var maximumBody = 65_536
  /// The value of `User-Agent`.
  public var userAgent = "ReplenishKit/1"

  /// Makes a configuration with the usual bounds that trusts the system's authorities.
  public init() {}
}
