/// How an ``HTTPClient`` trusts, waits and bounds.
public struct HTTPClientConfiguration {
  /// A PEM file of the certificate authorities to trust; nil for the system's.
  public var certificateFile: String?
  /// A folder of hashed certificates to trust; nil for the system's, or none if ``certificateFile`` is given.
  public var certificateFolder: String?
  /// The certificate that is shown to a service which asks for one, and its key; nil for none. Both files are read anew for
  /// each connection, so that a renewed certificate needs no restart.
  public var clientCertificate: ClientCertificate?
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

  /// A certificate and its key, as files in PEM.
  public struct ClientCertificate: Equatable {
    /// The certificate, with those between it and its authority.
    public var certificateFile: String
    /// The private key, without a pass phrase.
    public var privateKeyFile: String

    /// Names the files.
    public init(certificateFile: String, privateKeyFile: String) {
      self.certificateFile = certificateFile
      self.privateKeyFile = privateKeyFile
    }
  }

  /// Makes a configuration with the usual bounds that trusts the system's authorities.
  public init() {}
}
