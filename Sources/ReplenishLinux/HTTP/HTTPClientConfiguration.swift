/// How an ``HTTPClient`` trusts, waits and bounds.
public struct HTTPClientConfiguration {
  /// A PEM file of the certificate authorities to trust; nil for the system's.
  public var certificateFile: String?
  /// A folder of hashed certificates to trust; nil for the system's, or none if ``certificateFile`` is given.
  public var certificateFolder: String?
  /// The certificate that is shown to a service which asks for one, and its key; nil for none. Both files are read anew for
  /// each connection, so that a renewed certificate needs no restart.
  public var clientCertificate: ClientCertificate?
  /// Whether the kernel looks, while nothing comes, whether the other side is still there, so that a network that died
  /// silently is noticed within three minutes (`SO_KEEPALIVE`); for requests that are held. Nothing of this process wakes.
  package var keepsAlive = false
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

  /// The same for requests that a service holds for up to four minutes.
  package var held: HTTPClientConfiguration {
    var held = self
    held.totalLimit = 300_000
    held.keepsAlive = true
    return held
  }

  /// Makes a configuration with the usual bounds that trusts the system's authorities.
  public init() {}
}
